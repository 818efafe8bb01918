/**
 * What a responder last knew, for a reload without network: own assignments only, by owner, on this phone.
 *
 * Taken away at sign-out; answers older than a day are not shown any more.
 */
import { isAway } from '../api/errors'
import { phoneStore } from './database'

const FRESH_MS = 24 * 3_600_000

interface Entry {
  at: number
  value: unknown
}

const keyOf = (owner: string, name: string) => `${owner}\n${name}`

export async function keep(owner: string, name: string, value: unknown): Promise<void> {
  const entry: Entry = { at: Date.now(), value }
  await phoneStore.put('kept', keyOf(owner, name), entry).catch(() => undefined)
}

export async function recall<T>(owner: string, name: string): Promise<T | null> {
  const found = (await phoneStore.get('kept', keyOf(owner, name)).catch(() => undefined)) as Entry | undefined
  return found !== undefined && Date.now() - found.at < FRESH_MS ? (found.value as T) : null
}

/** Ask, and remember the answer; give the remembered one when the server cannot be reached. */
export async function orKept<T>(owner: string, name: string, ask: () => Promise<T>): Promise<T> {
  try {
    const answer = await ask()
    void keep(owner, name, answer)
    return answer
  } catch (error) {
    const old = isAway(error) ? await recall<T>(owner, name) : null
    if (old === null) throw error
    return old
  }
}

/** Forget everything of one owner: at sign-out, or when a link is over. */
export async function forgetKept(owner: string): Promise<void> {
  const keys = await phoneStore.keys('kept').catch(() => [])
  const own = keys.filter((key) => typeof key === 'string' && key.startsWith(`${owner}\n`))
  for (const key of own) await phoneStore.remove('kept', key as string).catch(() => undefined)
}
