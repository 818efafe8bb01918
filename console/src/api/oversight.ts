/** Sweeps with their roll-call, evaluation of grid staff, contests, points. */
import { queryOptions } from '@tanstack/react-query'

import type { AnswerOf, BodyOf } from './answers'
import { api, newAct, take } from './client'

type Given<Body> = Omit<Body, 'act'>

export type Sweep = AnswerOf<'/api/sweeps'>['items'][number]
export type SweepDetail = AnswerOf<'/api/sweeps/{sweep}'>
export type Roll = SweepDetail['roll'][number]
export type RollState = Roll['state']
export type SweepAnswer = NonNullable<Roll['answer']>
export type Scores = AnswerOf<'/api/scores'>
export type Score = Scores['items'][number]
export type Weight = Scores['formula'][number]
export type Indicator = Weight['indicator']
export type Contest = AnswerOf<'/api/contests'>['items'][number]
export type Entries = AnswerOf<'/api/points'>
export type Entry = Entries['items'][number]

export const SWEEP_KINDS: readonly Sweep['kind'][] = ['hazard', 'people', 'supplies', 'environment', 'notice', 'other']
export const SWEEP_ANSWERS: readonly SweepAnswer[] = ['clear', 'found', 'unable']
export const ROLL_STATES: readonly RollState[] = ['asked', 'answered', 'late', 'nobody', 'looking']
export const INDICATORS: readonly Indicator[] = ['sign_in', 'upkeep', 'report', 'patrol', 'handling']

export const sweeps = queryOptions({
  queryKey: ['sweeps'],
  queryFn: () => take(api.GET('/api/sweeps', { params: { query: { most: 100 } } })),
  refetchInterval: 20_000,
})

export const sweep = (id: string, state?: RollState) =>
  queryOptions({
    queryKey: ['sweeps', id, state],
    queryFn: () =>
      take(api.GET('/api/sweeps/{sweep}', { params: { path: { sweep: id }, query: { most: 200, ...(state !== undefined && { state }) } } })),
    refetchInterval: 10_000,
  })

export const scores = (month: string, grid: string | undefined) =>
  queryOptions({
    queryKey: ['scores', month, grid],
    queryFn: () => take(api.GET('/api/scores', { params: { query: { month, most: 500, ...(grid !== undefined && { grid }) } } })),
  })

export const scoreRows = (person: string, month: string) =>
  queryOptions({
    queryKey: ['scores', 'rows', person, month],
    queryFn: () => take(api.GET('/api/scores/{person}/rows', { params: { path: { person }, query: { month } } })),
  })

export const contests = queryOptions({
  queryKey: ['contests'],
  queryFn: () => take(api.GET('/api/contests', { params: { query: { most: 20 } } })),
})

export const points = (waiting: boolean) =>
  queryOptions({
    queryKey: ['points', waiting],
    queryFn: () => take(api.GET('/api/points', { params: { query: { waiting, most: 200 } } })),
  })

export const balance = (holder: string) =>
  queryOptions({
    queryKey: ['points', 'balance', holder],
    queryFn: () => take(api.GET('/api/points/balance', { params: { query: { holder } } })),
  })

export const oversightActs = {
  sweep: (body: Given<BodyOf<'/api/sweeps', 'post'>>) => take(api.POST('/api/sweeps', { body: { ...body, act: newAct() } })),
  answerSweep: (id: string, body: Given<BodyOf<'/api/sweeps/{sweep}/answer', 'post'>>) =>
    take(api.POST('/api/sweeps/{sweep}/answer', { params: { path: { sweep: id } }, body: { ...body, act: newAct() } })),
  endSweep: (id: string) => take(api.POST('/api/sweeps/{sweep}/end', { params: { path: { sweep: id } } })),
  setWeights: (grid: string, items: Weight[]) =>
    take(api.PUT('/api/score-weights', { body: { act: newAct(), grid, items } })),
  publish: (grid: string, month: string) => take(api.POST('/api/scores/publish', { body: { act: newAct(), grid, month } })),
  contest: (grid: string, quarter: string) => take(api.POST('/api/contests', { body: { act: newAct(), grid, quarter } })),
  award: (body: Given<BodyOf<'/api/points', 'post'>>) => take(api.POST('/api/points', { body: { ...body, act: newAct() } })),
  approve: (entry: string, granted: boolean) =>
    take(api.POST('/api/points/{entry}/approve', { params: { path: { entry } }, body: { act: newAct(), granted } })),
  redeem: (body: Given<BodyOf<'/api/points/redeem', 'post'>>) =>
    take(api.POST('/api/points/redeem', { body: { ...body, act: newAct() } })),
}
