/** People, what they are appointed to, who is on duty when, and where nobody is. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import type { AnswerOf, BodyOf } from './answers'
import { api, newAct, take } from './client'

export type Staff = AnswerOf<'/api/people'>['items'][number]
export type Appointment = AnswerOf<'/api/appointments'>['items'][number]
export type AppointmentRole = Appointment['role']
export type Shift = AnswerOf<'/api/duty'>['items'][number]
export type Roster = AnswerOf<'/api/rosters'>['items'][number]
export type Slot = Roster['slots'][number]
export type RosterChange = Roster['changes'][number]
export type Coverage = AnswerOf<'/api/coverage'>

export const APPOINTMENT_ROLES: readonly AppointmentRole[] = [
  'grid_leader', 'grid_member', 'district_leader', 'police', 'patrol', 'volunteer', 'cadre', 'staff',
]
export const CHANGE_KINDS: readonly RosterChange['kind'][] = ['swap', 'absence', 'extra']
export const PEOPLE_MOST = 200

export const staff = (search: string) =>
  queryOptions({
    queryKey: ['people', 'like', search],
    queryFn: () => take(api.GET('/api/people', { params: { query: { most: PEOPLE_MOST, active: true, ...(search !== '' && { search }) } } })),
    placeholderData: keepPreviousData,
  })

export const person = (id: string) =>
  queryOptions({
    queryKey: ['people', 'one', id],
    queryFn: () => take(api.GET('/api/people/{person}', { params: { path: { person: id } } })),
  })

interface Span {
  grid: string | undefined
  since: string
  until: string
}

const inside = ({ grid, since, until }: Span) => ({ since, until, ...(grid !== undefined && { grid }) })

export const shifts = (span: Span) =>
  queryOptions({
    queryKey: ['duty', span],
    queryFn: () => take(api.GET('/api/duty', { params: { query: { ...inside(span), most: 1000 } } })),
    placeholderData: keepPreviousData,
  })

export const coverage = (span: Span) =>
  queryOptions({
    queryKey: ['duty', 'coverage', span],
    queryFn: () => take(api.GET('/api/coverage', { params: { query: { ...inside(span), most: 200 } } })),
    placeholderData: keepPreviousData,
    refetchInterval: 300_000,
  })

export const rosters = (grid: string | undefined) =>
  queryOptions({
    queryKey: ['rosters', grid],
    queryFn: () => take(api.GET('/api/rosters', { params: { query: { most: 200, ...(grid !== undefined && { grid }) } } })),
  })

export const peopleActs = {
  add: (body: BodyOf<'/api/people', 'post'>) => take(api.POST('/api/people', { body })),
  save: (id: string, body: BodyOf<'/api/people/{person}', 'put'>) =>
    take(api.PUT('/api/people/{person}', { params: { path: { person: id } }, body })),
  contacts: (id: string, reason: string) =>
    take(api.POST('/api/people/{person}/contacts', { params: { path: { person: id } }, body: { reason } })),
  appoint: (body: BodyOf<'/api/appointments', 'post'>) => take(api.POST('/api/appointments', { body })),
  dismiss: (appointment: string) =>
    take(api.DELETE('/api/appointments/{appointment}', { params: { path: { appointment } } })),
  addShift: (body: BodyOf<'/api/duty', 'post'>) => take(api.POST('/api/duty', { body })),
  endShift: (shift: Pick<Shift, 'person' | 'grid' | 'since'>) =>
    take(api.DELETE('/api/duty', { params: { query: { person: shift.person, grid: shift.grid, since: shift.since } } })),
  saveRoster: (body: BodyOf<'/api/rosters', 'post'>) => take(api.POST('/api/rosters', { body })),
  endRoster: (roster: string) => take(api.DELETE('/api/rosters/{roster}', { params: { path: { roster } } })),
  changeRoster: (roster: string, body: Omit<BodyOf<'/api/rosters/{roster}/changes', 'post'>, 'act'>) =>
    take(api.POST('/api/rosters/{roster}/changes', { params: { path: { roster } }, body: { ...body, act: newAct() } })),
}
