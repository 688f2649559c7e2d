export { type StorageClass, storageClass } from './storageclass.ts'
