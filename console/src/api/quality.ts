/** How good detectors are, drills for them, and another configuration tried on the past. */
import { queryOptions } from '@tanstack/react-query'

import { api, take } from './client'
import type { Kind, Truth } from './types'

const DAY_MS = 86_400_000

/** A period that ends now, in whole minutes, so that a page asks the same question again. */
export function period(days: number, now: number): { since: string; until: string } {
  const end = Math.ceil(now / 60_000) * 60_000
  return { since: new Date(end - days * DAY_MS).toISOString(), until: new Date(end).toISOString() }
}

export const quality = (days: number, now: () => number) =>
  queryOptions({
    queryKey: ['quality', days],
    queryFn: () => take(api.GET('/api/quality', { params: { query: period(days, now()) } })),
    refetchInterval: 300_000,
  })

/** What a number counts; every field narrows it. */
export interface Behind {
  detector?: string
  device?: string
  kind?: Kind
  judgement?: Truth
  hour?: number
  missed?: boolean
}

export const behind = (span: { since: string; until: string }, wanted: Behind) =>
  queryOptions({
    queryKey: ['quality', 'behind', span, wanted],
    queryFn: () => take(api.GET('/api/quality/incidents', { params: { query: { ...span, ...wanted, most: 200 } } })),
  })

export const drills = queryOptions({
  queryKey: ['quality', 'drills'],
  queryFn: () => take(api.GET('/api/quality/drills')),
  refetchInterval: 30_000,
})

export const replays = queryOptions({
  queryKey: ['replays'],
  queryFn: () => take(api.GET('/api/replays')),
  refetchInterval: (query) => (query.state.data?.items.some((one) => one.state === 'running') ? 1_000 : 30_000),
})

export const replay = (run: string) =>
  queryOptions({
    queryKey: ['replays', run],
    queryFn: () => take(api.GET('/api/replays/{run}', { params: { path: { run } } })),
    refetchInterval: (query) => (query.state.data?.state === 'running' ? 1_000 : false),
  })

export const qualityActs = {
  addDrill: (body: { act: string; device: string; kind: Kind; since: string; until: string; reason: string }) =>
    take(api.POST('/api/quality/drills', { body })),
  withdrawDrill: (drill: string) => take(api.POST('/api/quality/drills/{drill}/withdraw', { params: { path: { drill } } })),
  check: (text: string) => take(api.POST('/api/replays/check', { body: { text } })),
  start: (text: string, since: string, until: string) => take(api.POST('/api/replays', { body: { text, since, until } })),
  cancel: (run: string) => take(api.POST('/api/replays/{run}/cancel', { params: { path: { run } } })),
}
