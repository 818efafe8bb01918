/** Alarms, what keeps them quiet, and what they cost the operator's attention. */
import { queryOptions } from '@tanstack/react-query'

import { api, take } from './client'
import type { AlarmState } from './types'

const EVERY_MS = 10_000

/** `standing`: everything that is not plainly normal. */
export type AlarmFilter = AlarmState | 'standing' | 'all'

export const alarms = (filter: AlarmFilter) =>
  queryOptions({
    queryKey: ['alarms', filter],
    queryFn: async () => {
      const query = filter === 'all' || filter === 'standing' ? {} : { state: filter }
      const found = await take(api.GET('/api/alarms', { params: { query: { ...query, most: 500 } } }))
      return found.items.filter((one) => filter !== 'standing' || one.state !== 'normal')
    },
    refetchInterval: EVERY_MS,
  })

export const journal = (alarm: string) =>
  queryOptions({
    queryKey: ['alarms', 'journal', alarm],
    queryFn: () => take(api.GET('/api/alarms/{alarm}/journal', { params: { path: { alarm } } })),
  })

export const alarmLoad = (hours: number) =>
  queryOptions({
    queryKey: ['alarms', 'load', hours],
    queryFn: () => take(api.GET('/api/alarm-load', { params: { query: { hours } } })),
    refetchInterval: 60_000,
  })

export const maintenance = queryOptions({
  queryKey: ['alarms', 'maintenance'],
  queryFn: () => take(api.GET('/api/maintenance')),
  refetchInterval: 30_000,
})

export const falseSpots = queryOptions({
  queryKey: ['alarms', 'false-spots'],
  queryFn: () => take(api.GET('/api/false-spots')),
  refetchInterval: 30_000,
})

const at = (alarm: string) => ({ params: { path: { alarm } } })

export const alarmActs = {
  acknowledge: (alarm: string) => take(api.POST('/api/alarms/{alarm}/acknowledge', at(alarm))),
  shelve: (alarm: string, reason: string, minutes: number) =>
    take(api.POST('/api/alarms/{alarm}/shelve', { ...at(alarm), body: { reason, minutes } })),
  unshelve: (alarm: string) => take(api.POST('/api/alarms/{alarm}/unshelve', at(alarm))),
  falseSpot: (alarm: string, whole: boolean, days: number, reason: string) =>
    take(api.POST('/api/false-spots', { body: { alarm, whole, days, reason } })),
  endFalseSpot: (id: string) => take(api.POST('/api/false-spots/{id}/end', { params: { path: { id } } })),
  addMaintenance: (body: { grid?: string; device?: string; since: string; until: string; reason: string }) =>
    take(api.POST('/api/maintenance', { body })),
  endMaintenance: (id: string) => take(api.POST('/api/maintenance/{id}/end', { params: { path: { id } } })),
}
