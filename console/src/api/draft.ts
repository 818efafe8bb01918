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

export interface JournalLine { at: string; what: string; actor: string; reason: string }
export interface MaintenanceView {
  id: string; grid: string | null; grid_name?: string; device: string | null; since: string; until: string
  ended?: string | null; person?: string; person_name?: string; reason: string
}
export interface FalseSpotView {
  id: string; device: string; kind: Schemas['Kind']; box: Schemas['BoxView'] | null; since: string; until: string
  ended?: string | null; person?: string; person_name?: string; reason: string
}
export interface AlarmLoadView {
  from: string; to: string; annunciated: number; per_hour: number
  hours: { at: string; alarms: number }[]
  floods: { from: string; to: string; alarms: number }[]
  flood_share: number; stale: number; chattering: number; shelved: number
  top: { alarm: string; device: string; device_name: string; kind: Schemas['Kind']; alarms: number }[]
  top_share: number; judgement: 'acceptable' | 'manageable' | 'overloaded'
  limits: Record<string, number>; now: string
}
export interface PolicyLine { id: string; name: string; saved: string; current_for: string[]; open_incidents: number }
export interface ReadinessView {
  grid: string; grid_name: string; readiness: 'peace' | 'alert'; since: string; person: string | null; reason: string
}
export interface ChannelView {
  channel: Schemas['Channel']; provider: string; offered: boolean; up: boolean; since: string | null; failures: number
  last_ok: string | null; reason: string; waiting: number; sent_hour: number; failed_hour: number
}
export interface ChannelTestView {
  person: string; person_name: string; channel: Schemas['Channel']; provider: string; asked: string; outcome: string
  reason: string; settled: string | null; answered: string | null; score: number | null
}
export interface ProofView {
  id: string; tier: Schemas['Tier'] | null; person: string | null; basis: Schemas['Basis']; at: string; recorded: string
  details: Record<string, unknown>; picture: string | null; refuted: string | null
}
export interface WatchView {
  findings: { code: string; subject: string; since: string; until: string | null; sentence: string }[]
  beats: { name: string; role: string; host: string; at: string; age_s: number; skew_s: number }[]
  now: string
}
export interface GoView {
  incident: {
    id: string; kind: Schemas['Kind']; grade: Schemas['Grade']; state: Schemas['State']; grid_name: string
    began: string; opened: string; confirmed: string | null; lateness: Schemas['Lateness']
    clocks: Schemas['ClockView'][]; place: Schemas['Place'] | null; words?: string[]
  }
  person_name: string; tier: Schemas['Tier'] | null; acts: string[]; expires: string; now: string
  seen?: string | null; accepted?: string | null; refused?: string | null; arrived?: string | null; helped?: boolean
}
export interface ChallengeView { challenge: string; code: string; expires: string }

export interface DraftPaths {
  '/api/alarms/{alarm}/shelve': { post: Op<{ alarm: string }, never, { reason: string; minutes: number }, undefined> }
  '/api/alarms/{alarm}/unshelve': { post: Op<{ alarm: string }, never, never, undefined> }
  '/api/alarms/{alarm}/journal': { get: Op<{ alarm: string }, never, never, List<JournalLine>> }
  '/api/maintenance': {
    get: Free<never, never, List<MaintenanceView>>
    post: Free<never, { grid?: string; device?: string; since: string; until: string; reason: string }, MaintenanceView>
  }
  '/api/maintenance/{id}/end': { post: Op<{ id: string }, never, never, undefined> }
  '/api/false-spots': {
    get: Free<never, never, List<FalseSpotView>>
    post: Free<never, { alarm: string; whole: boolean; days: number; reason: string }, FalseSpotView>
  }
  '/api/false-spots/{id}/end': { post: Op<{ id: string }, never, never, undefined> }
  '/api/alarm-load': { get: Free<{ hours?: number }, never, AlarmLoadView> }
  '/api/policies': { get: Free<never, never, List<PolicyLine>> }
  '/api/policies/{id}': { get: Op<{ id: string }, never, never, { id: string; text: string }> }
  '/api/policies/simulate': { post: Free<never, { text: string; days: number }, Record<string, unknown>> }
  '/api/readiness': {
    get: Free<never, never, List<ReadinessView>>
    post: Free<never, { grid: string; readiness: 'peace' | 'alert'; reason: string }, undefined>
  }
  '/api/channels': { get: Free<never, never, List<ChannelView>> }
  '/api/people/{person}/channel-test': { post: Op<{ person: string }, never, { channel?: Schemas['Channel'] }, undefined> }
  '/api/channel-tests': { get: Free<{ person?: string }, never, List<ChannelTestView>> }
  '/api/channel-tests/answer': { post: Free<never, { token: string }, undefined> }
  '/api/push/key': { get: Free<never, never, { key: string }> }
  '/api/push': {
    post: Free<never, { endpoint: string; keys: { p256dh: string; auth: string } }, undefined>
    delete: Free<never, { endpoint: string }, undefined>
  }
  '/api/go/open': { post: Free<never, { token: string }, GoView> }
  '/api/go/photo-challenge': { post: Free<never, { token: string }, ChallengeView> }
  '/api/incidents/{incident}/photo-challenge': { post: Op<{ incident: string }, never, Record<string, never>, ChallengeView> }
  '/api/incidents/{incident}/proofs': { get: Op<{ incident: string }, never, never, List<ProofView>> }
  '/api/incidents/{incident}/refute': {
    post: Op<{ incident: string }, never, { act: string; tier: Schemas['Tier']; reason: string }, unknown>
  }
  '/api/phones': { post: Free<never, { public_key: string; name: string }, { phone: string }> }
  '/api/watch': { get: Free<never, never, WatchView> }
}

export type AlarmState =
  | 'normal' | 'unacknowledged' | 'acknowledged' | 'returned_unacknowledged' | 'shelved' | 'suppressed' | 'out_of_service'
export interface AlarmExtra {
  state: AlarmState; pending: boolean; shelved_until: string | null; shelved_by: string | null; shelved_reason: string | null
  suppressed_by: string | null; maintenance: string | null; stale: boolean; chattering: boolean
}
