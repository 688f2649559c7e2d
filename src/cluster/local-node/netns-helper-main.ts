import { runNetnsHelper } from './netns-helper-child.ts'

runNetnsHelper()
