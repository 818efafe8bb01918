/** The life of an incident as a case: what is asked of it, and the town's own names for its steps. */
import { queryOptions } from '@tanstack/react-query'

import { api, newAct, take } from './client'
import type { paths } from './schema'
import type { Detail } from './types'


/** Moves of a case, by their addresses. */
type Move = {
  [Path in keyof paths]: Path extends `/api/incidents/{incident}/${infer Name}`
    ? paths[Path] extends { post: { requestBody: { content: { 'application/json': { act: string } } } } }
      ? Name
      : never
    : never
}[keyof paths]
/** What a move is asked with, besides the id of the act. */
export type MoveBody<Name extends Move> = Omit<
  paths[`/api/incidents/{incident}/${Name}`] extends { post: { requestBody: { content: { 'application/json': infer Given } } } }
    ? Given
    : never,
  'act'
>
export type Service = Detail['transferred'][number]
export type UpStage = Detail['reported_up'][number]['stage']
export type Work = NonNullable<Detail['work']>

const at = (incident: string) => ({ params: { path: { incident } } })
const acted = <T extends object>(body: T) => ({ ...body, act: newAct() })

export const profiles = queryOptions({
  queryKey: ['profiles'],
  queryFn: () => take(api.GET('/api/profiles')),
  staleTime: 600_000,
})

export const setProfile = (profile: string, root?: string) =>
  take(api.PUT('/api/profiles/current', { body: { profile, ...(root !== undefined && { root }) } }))

export const caseActs = {
  receive: (id: string, body: MoveBody<'receive'>) =>
    take(api.POST('/api/incidents/{incident}/receive', { ...at(id), body: acted(body) })),
  file: (id: string, body: MoveBody<'file'>) =>
    take(api.POST('/api/incidents/{incident}/file', { ...at(id), body: acted(body) })),
  dispatch: (id: string, body: MoveBody<'dispatch'>) =>
    take(api.POST('/api/incidents/{incident}/dispatch', { ...at(id), body: acted(body) })),
  take_on: (id: string, body: MoveBody<'take-on'>) =>
    take(api.POST('/api/incidents/{incident}/take-on', { ...at(id), body: acted(body) })),
  begin_work: (id: string, body: MoveBody<'begin-work'>) =>
    take(api.POST('/api/incidents/{incident}/begin-work', { ...at(id), body: acted(body) })),
  finish_work: (id: string, body: MoveBody<'finish-work'>) =>
    take(api.POST('/api/incidents/{incident}/finish-work', { ...at(id), body: acted(body) })),
  return: (id: string, body: MoveBody<'return'>) =>
    take(api.POST('/api/incidents/{incident}/return', { ...at(id), body: acted(body) })),
  join: (id: string, body: MoveBody<'join'>) =>
    take(api.POST('/api/incidents/{incident}/join', { ...at(id), body: acted(body) })),
  hand_up: (id: string, body: MoveBody<'hand-up'>) =>
    take(api.POST('/api/incidents/{incident}/hand-up', { ...at(id), body: acted(body) })),
  ask_extension: (id: string, body: MoveBody<'ask-extension'>) =>
    take(api.POST('/api/incidents/{incident}/ask-extension', { ...at(id), body: acted(body) })),
  answer_extension: (id: string, body: MoveBody<'answer-extension'>) =>
    take(api.POST('/api/incidents/{incident}/answer-extension', { ...at(id), body: acted(body) })),
  urge: (id: string, body: MoveBody<'urge'>) =>
    take(api.POST('/api/incidents/{incident}/urge', { ...at(id), body: acted(body) })),
  supervise: (id: string, body: MoveBody<'supervise'>) =>
    take(api.POST('/api/incidents/{incident}/supervise', { ...at(id), body: acted(body) })),
  check: (id: string, body: MoveBody<'check'>) =>
    take(api.POST('/api/incidents/{incident}/check', { ...at(id), body: acted(body) })),
  reopen: (id: string, body: MoveBody<'reopen'>) =>
    take(api.POST('/api/incidents/{incident}/reopen', { ...at(id), body: acted(body) })),
  transfer: (id: string, body: MoveBody<'transfer'>) =>
    take(api.POST('/api/incidents/{incident}/transfer', { ...at(id), body: acted(body) })),
  call_back: (id: string, body: MoveBody<'call-back'>) =>
    take(api.POST('/api/incidents/{incident}/call-back', { ...at(id), body: acted(body) })),
  evaluate: (id: string, body: MoveBody<'evaluate'>) =>
    take(api.POST('/api/incidents/{incident}/evaluate', { ...at(id), body: acted(body) })),
  report_up: (id: string, body: MoveBody<'report-up'>) =>
    take(api.POST('/api/incidents/{incident}/report-up', { ...at(id), body: acted(body) })),
  confirm_grade: (id: string, body: MoveBody<'confirm-grade'>) =>
    take(api.POST('/api/incidents/{incident}/confirm-grade', { ...at(id), body: acted(body) })),
  tick: (id: string, step: string, done: boolean) =>
    take(api.POST('/api/incidents/{incident}/tick', { ...at(id), body: acted({ step, done }) })),
}
