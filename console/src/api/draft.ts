/** Routes of the contract that are not in the API's document yet; each goes from here when it is. */
import type { components } from './schema'

type Schemas = components['schemas']
type Json<T> = { content: { 'application/json': T } }
type Given<Body> = [Body] extends [never] ? { requestBody?: never } : { requestBody: Json<Body> }
type Op<Path, Query, Body, Answer> = Given<Body> & {
  parameters: { query?: Query; header?: never; path: Path; cookie?: never }
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer>; default: { headers: Record<string, unknown> } & Json<Schemas['ErrorBody']> }
}
type Free<Query, Body, Answer> = Given<Body> & {
  parameters: { query?: Query; header?: never; path?: never; cookie?: never }
  responses: { 200: { headers: Record<string, unknown> } & Json<Answer>; default: { headers: Record<string, unknown> } & Json<Schemas['ErrorBody']> }
}
type List<T> = { items: T[]; now: string }

export interface PolicyLine { id: string; name: string; saved: string; current_for: string[]; open_incidents: number }
export interface ReadinessView {
  grid: string; grid_name: string; readiness: 'peace' | 'alert'; since: string; person: string | null; reason: string
}

export interface DraftPaths {
  '/api/policies': { get: Free<never, never, List<PolicyLine>> }
  '/api/policies/{id}': { get: Op<{ id: string }, never, never, { id: string; text: string }> }
  '/api/policies/simulate': { post: Free<never, { text: string; days: number }, Record<string, unknown>> }
  '/api/readiness': {
    get: Free<never, never, List<ReadinessView>>
    post: Free<never, { grid: string; readiness: 'peace' | 'alert'; reason: string }, undefined>
  }
}
