/** Exercises: prepared, started, and what became of them. */
import { queryOptions } from '@tanstack/react-query'

import type { AnswerOf, BodyOf } from './answers'
import { api, newAct, take } from './client'

export type Exercise = AnswerOf<'/api/exercises'>['items'][number]
export type ExerciseDetail = AnswerOf<'/api/exercises/{exercise}'>
export type Participant = ExerciseDetail['people'][number]

const at = (exercise: string) => ({ params: { path: { exercise } } })

export const exercises = queryOptions({
  queryKey: ['exercises'],
  queryFn: () => take(api.GET('/api/exercises', { params: { query: { most: 100 } } })),
  refetchInterval: 30_000,
})

export const exercise = (id: string) =>
  queryOptions({
    queryKey: ['exercises', id],
    queryFn: () => take(api.GET('/api/exercises/{exercise}', at(id))),
    refetchInterval: 5_000,
  })

export const exerciseActs = {
  add: (body: Omit<BodyOf<'/api/exercises', 'post'>, 'act'>) => take(api.POST('/api/exercises', { body: { ...body, act: newAct() } })),
  start: (id: string) => take(api.POST('/api/exercises/{exercise}/start', at(id))),
  cancel: (id: string) => take(api.POST('/api/exercises/{exercise}/cancel', at(id))),
}
