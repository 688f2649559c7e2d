import { decode } from '../../apimachinery/schema/decode.ts'
import type { Message } from '../../apimachinery/schema/types.ts'
import type { Plugin } from '../framework.ts'
import type { Handle } from '../plugins/handle.ts'
import { DEFAULT_PLUGINS, plugins as registry } from '../plugins/index.ts'
import { byPoint, type Point, Profile, type WeightedPlugin } from '../profile.ts'
import { type PluginArgs, pluginArgs } from './args.ts'
import type { KubeSchedulerConfiguration, KubeSchedulerProfile, PluginSet } from './configuration.ts'

interface Entry {
  readonly name: string
  readonly weight?: number
}

/** A profile as the configuration has it: the default plugins with its changes. Throws Error for a plugin that does not exist. */
export function profileOf(config: KubeSchedulerProfile, handle: Handle): Profile {
  const { schedulerName, plugins = {}, pluginConfig = [] } = config
  const args = argsOf(pluginConfig)
  const made = new Map<string, Plugin>()
  const get = ({ name }: Entry): Plugin => {
    const make = registry[name]
    if (!make)
      throw new Error(`profile ${JSON.stringify(schedulerName)}: plugin ${JSON.stringify(name)} does not exist`)
    const plugin = made.get(name) ?? make(args, handle)
    made.set(name, plugin)
    return plugin
  }
  const everywhere = merged(DEFAULT_PLUGINS, plugins.multiPoint)
  return new Profile(
    schedulerName,
    byPoint(point => pluginsAt(point, everywhere, plugins[point], get)),
  )
}

/** The plugins at one point: those named for it go first, then those that work everywhere (upstream expandMultiPointPlugins). */
function pluginsAt(
  point: Point,
  everywhere: readonly Entry[],
  { enabled = [], disabled = [] }: PluginSet = {},
  get: (entry: Entry) => Plugin,
): WeightedPlugin[] {
  const named = new Set(enabled.map(({ name }) => name))
  const away = new Set(disabled.map(({ name }) => name))
  const others = everywhere.filter(({ name }) => !named.has(name) && !away.has(name) && !away.has('*'))
  const weighted = (entry: Entry) => ({ plugin: get(entry), weight: entry.weight || 1 })
  for (const entry of enabled) {
    if (!Profile.works(get(entry), point))
      throw new Error(`plugin ${JSON.stringify(entry.name)} does not extend ${point} plugin`)
  }
  return [...enabled, ...others].map(weighted).filter(({ plugin }) => Profile.works(plugin, point))
}

/** The default plugins, without those taken away, with new weights, and those that come besides (upstream mergePluginSet). */
function merged(defaults: readonly Entry[], { enabled = [], disabled = [] }: PluginSet = {}): Entry[] {
  const away = new Set(disabled.map(({ name }) => name))
  const kept = away.has('*') ? [] : defaults.filter(({ name }) => !away.has(name))
  const names = new Set(kept.map(({ name }) => name))
  return [
    ...kept.map(entry => enabled.find(({ name }) => name === entry.name) ?? entry),
    ...enabled.filter(({ name }) => !names.has(name)),
  ]
}

/** The arguments of all plugins, those that are not given by default. */
export function argsOf(config: readonly { readonly name: string; readonly args?: unknown }[]): PluginArgs {
  return Object.fromEntries(
    Object.entries<Message>(pluginArgs).map(([name, message]) => {
      const given = config.find(entry => entry.name === name)?.args ?? {}
      const { apiVersion: _, kind: __, ...fields } = given as Record<string, unknown>
      return [name, decode(message, fields, { defaults: true })]
    }),
  ) as unknown as PluginArgs
}

/** A profile that does not count what extenders look after and want left to them (upstream's ignoredByScheduler). */
export function withIgnored(
  profile: KubeSchedulerProfile,
  { extenders = [] }: KubeSchedulerConfiguration,
): KubeSchedulerProfile {
  const ignored = extenders.flatMap(({ managedResources = [] }) =>
    managedResources.filter(({ ignoredByScheduler }) => ignoredByScheduler).map(({ name }) => name),
  )
  if (ignored.length === 0) return profile
  const others = (profile.pluginConfig ?? []).filter(({ name }) => name !== 'NodeResourcesFit')
  const fit = profile.pluginConfig?.find(({ name }) => name === 'NodeResourcesFit')
  const args = (fit?.args ?? {}) as { ignoredResources?: string[] }
  const ignoredResources = [...(args.ignoredResources ?? []), ...ignored]
  return { ...profile, pluginConfig: [...others, { name: 'NodeResourcesFit', args: { ...args, ignoredResources } }] }
}
