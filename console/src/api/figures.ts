/** Figures of a period, what each means, and the incidents behind each. */
import { keepPreviousData, queryOptions } from '@tanstack/react-query'

import type { AnswerOf, QueryOf } from './answers'
import { api, take } from './client'

export type FigureReport = AnswerOf<'/api/figures'>
export type Figure = FigureReport['figures'][number]
export type FigureTable = FigureReport['by'][string]
export type Definitions = AnswerOf<'/api/figures/definitions'>
export type Definition = Definitions['items'][number]
export type FigureRows = AnswerOf<'/api/figures/{name}/rows'>
export type FigureRow = FigureRows['rows'][number]
export type OpenItems = AnswerOf<'/api/open-items'>
/** Which incidents are counted. */
export type Chosen = Omit<QueryOf<'/api/figures'>, 'by' | 'compare'>

export const figures = (chosen: Chosen, by: readonly string[]) =>
  queryOptions({
    queryKey: ['figures', chosen, by],
    queryFn: () => take(api.GET('/api/figures', { params: { query: { ...chosen, by: [...by], compare: true } } })),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
  })

export const definitions = queryOptions({
  queryKey: ['figures', 'definitions'],
  queryFn: () => take(api.GET('/api/figures/definitions')),
  staleTime: Number.POSITIVE_INFINITY,
})

/** Rows and files are of one figure or of all: the tier only shortens the list of figures. */
function withoutTier(chosen: Chosen): Chosen {
  const rest = { ...chosen }
  delete rest.tier
  return rest
}

export const figureRows = (name: string, chosen: Chosen, after: string | null) =>
  queryOptions({
    queryKey: ['figures', 'rows', name, withoutTier(chosen), after],
    queryFn: () =>
      take(
        api.GET('/api/figures/{name}/rows', {
          params: { path: { name }, query: { ...withoutTier(chosen), most: 100, ...(after !== null && { after }) } },
        }),
      ),
  })

export const openItems = (only: { overdue?: boolean; report_missing?: boolean }) =>
  queryOptions({
    queryKey: ['open-items', only],
    queryFn: () => take(api.GET('/api/open-items', { params: { query: { ...only, most: 200 } } })),
    refetchInterval: 60_000,
  })

/** The address of a report as a file. */
export function exportAddress(form: 'xlsx' | 'csv', chosen: Chosen, by: readonly string[], language: 'zh' | 'en'): string {
  const query = new URLSearchParams()
  for (const [name, value] of Object.entries(withoutTier(chosen))) if (value != null) query.set(name, String(value))
  for (const one of by) query.append('by', one)
  query.set('language', language)
  return `/api/figures/export.${form}?${query}`
}
