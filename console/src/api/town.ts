/** Places, organisations, matters, jobs: what the pages about the town ask for and change. */
import { queryOptions } from '@tanstack/react-query'

import type { AnswerOf, BodyOf } from './answers'
import { api, take } from './client'
import type { Grade } from './types'

export type GridDetail = AnswerOf<'/api/grids/{code}'>
export type GridLevel = AnswerOf<'/api/grid-levels'>['items'][number]['items'][number]
export type Organisation = AnswerOf<'/api/organisations'>['items'][number]
export type OrganisationKind = Organisation['kind']
export type Catalogue = AnswerOf<'/api/matters'>
export type Matter = Catalogue['items'][number]
export type Stage = keyof Matter['limits']
export type Limit = NonNullable<Matter['limits'][Stage]>
export type Unit = Limit['unit']
export type Job = AnswerOf<'/api/jobs/{job}'>
export type JobFault = Job['faults'][number]

export const STAGES: readonly Stage[] = ['receive', 'dispatch', 'accept', 'handle', 'check', 'close', 'evaluate']
export const ORGANISATION_KINDS: readonly OrganisationKind[] = ['village', 'township', 'department', 'team', 'centre']

export const grid = (code: string) =>
  queryOptions({
    queryKey: ['grids', 'one', code],
    queryFn: () => take(api.GET('/api/grids/{code}', { params: { path: { code } } })),
    staleTime: 60_000,
  })

export const gridLevels = queryOptions({
  queryKey: ['grids', 'levels'],
  queryFn: () => take(api.GET('/api/grid-levels')),
  staleTime: 600_000,
})

export const organisations = queryOptions({
  queryKey: ['organisations'],
  queryFn: () => take(api.GET('/api/organisations', { params: { query: { most: 1000 } } })),
  staleTime: 60_000,
})

export const catalogue = queryOptions({
  queryKey: ['matters'],
  queryFn: () => take(api.GET('/api/matters')),
  staleTime: 600_000,
})

export const workingTime = queryOptions({
  queryKey: ['working-time'],
  queryFn: () => take(api.GET('/api/working-time')),
  staleTime: 600_000,
})

export const route = (matter: string, grid: string, grade?: Grade) =>
  queryOptions({
    queryKey: ['route', matter, grid, grade],
    queryFn: () => take(api.GET('/api/route', { params: { query: { matter, grid, ...(grade && { grade }) } } })),
  })

export const job = (id: string) =>
  queryOptions({
    queryKey: ['jobs', id],
    queryFn: () => take(api.GET('/api/jobs/{job}', { params: { path: { job: id } } })),
    refetchInterval: (query) => (query.state.data === undefined || query.state.data.ended == null ? 700 : false),
  })

export const townActs = {
  changeGrid: (code: string, body: BodyOf<'/api/grids/{code}', 'patch'>) =>
    take(api.PATCH('/api/grids/{code}', { params: { path: { code } }, body })),
  setLevels: (root: string, items: GridLevel[]) => take(api.PUT('/api/grid-levels', { body: { root, items } })),
  addOrganisation: (body: BodyOf<'/api/organisations', 'post'>) => take(api.POST('/api/organisations', { body })),
  saveOrganisation: (code: string, body: BodyOf<'/api/organisations/{code}', 'put'>) =>
    take(api.PUT('/api/organisations/{code}', { params: { path: { code } }, body })),
  saveMatter: (code: string, body: BodyOf<'/api/matters/{code}', 'put'>) =>
    take(api.PUT('/api/matters/{code}', { params: { path: { code } }, body })),
  cancelJob: (id: string) => take(api.POST('/api/jobs/{job}/cancel', { params: { path: { job: id } } })),
}

/** A file and what goes with it, as a form; the browser writes the boundaries. */
function form(parts: Record<string, string | Blob | boolean | undefined>): FormData {
  const made = new FormData()
  for (const [name, value] of Object.entries(parts)) {
    if (value === undefined) continue
    made.append(name, value instanceof Blob ? value : String(value))
  }
  return made
}

export interface GridFiles {
  csv?: Blob | undefined
  geojson?: Blob | undefined
  close_missing: boolean
  reason: string
}

export const gridFiles = {
  check: ({ csv, geojson, close_missing }: GridFiles) =>
    take(api.POST('/api/grids/check', { body: { close_missing }, bodySerializer: () => form({ csv, geojson, close_missing }) })),
  bring: ({ csv, geojson, close_missing, reason }: GridFiles) =>
    take(api.POST('/api/grids/import', { body: { close_missing }, bodySerializer: () => form({ csv, geojson, close_missing, reason }) })),
}

export const sheets = {
  people: (sheet: File) => take(api.POST('/api/people/import', { body: {}, bodySerializer: () => form({ sheet }) })),
  matters: (csv: File) => take(api.POST('/api/matters/import', { body: {}, bodySerializer: () => form({ csv }) })),
  organisations: (csv: File) => take(api.POST('/api/organisations/import', { body: {}, bodySerializer: () => form({ csv }) })),
}
