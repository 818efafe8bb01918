/** Readiness, policies, channels, the watch, proofs: what the desk asks about the response itself. */
import { queryOptions } from '@tanstack/react-query'

import { api, take } from './client'
import type { Channel } from './types'

export const readiness = queryOptions({
  queryKey: ['readiness'],
  queryFn: () => take(api.GET('/api/readiness')),
  refetchInterval: 30_000,
})

export const policies = queryOptions({ queryKey: ['policies'], queryFn: () => take(api.GET('/api/policies')) })

export const policy = (id: string) =>
  queryOptions({
    queryKey: ['policies', id],
    queryFn: () => take(api.GET('/api/policies/{version}', { params: { path: { version: id } } })),
    // A version never changes.
    staleTime: Number.POSITIVE_INFINITY,
  })

export const channels = queryOptions({
  queryKey: ['channels'],
  queryFn: () => take(api.GET('/api/channels')),
  refetchInterval: 10_000,
})

export const channelTests = queryOptions({
  queryKey: ['channel-tests'],
  queryFn: () => take(api.GET('/api/channel-tests')),
  refetchInterval: 10_000,
})

export const watch = queryOptions({
  queryKey: ['watch'],
  queryFn: () => take(api.GET('/api/watch')),
  refetchInterval: 10_000,
})

export const proofs = (incident: string) =>
  queryOptions({
    queryKey: ['incident', incident, 'proofs'],
    queryFn: () => take(api.GET('/api/incidents/{incident}/proofs', { params: { path: { incident } } })),
  })

export type RefuteReason = 'wrong_place' | 'wrong_person' | 'old_picture' | 'mistake'
export const REFUTE_REASONS: readonly RefuteReason[] = ['wrong_place', 'wrong_person', 'old_picture', 'mistake']

export const responseActs = {
  setReadiness: (grid: string, to: 'peace' | 'alert', reason: string) =>
    take(api.POST('/api/readiness', { body: { grid, readiness: to, reason } })),
  simulate: (text: string, days: number) => take(api.POST('/api/policies/simulate', { body: { text, days } })),
  testChannels: (person: string, channel?: Channel) =>
    take(api.POST('/api/people/{person}/channel-test', { params: { path: { person } }, body: { ...(channel && { channel }) } })),
}
