/** What an operator asks of an incident; each call is one act with an id of its own. */
import { api, newAct, take } from './client'
import type { components } from './schema'
import type { RefuteReason } from './response'
import type { Grade, Tier } from './types'

type RejectReason = components['schemas']['RejectBody']['reason']
type CloseReason = components['schemas']['CloseBody']['reason']

const at = (incident: string) => ({ params: { path: { incident } } })

export const commands = {
  confirm: (id: string, grade?: Grade) =>
    take(
      api.POST('/api/incidents/{incident}/confirm', {
        ...at(id),
        body: { act: newAct(), ...(grade && { grade }) },
      }),
    ),
  reject: (id: string, reason: RejectReason) =>
    take(api.POST('/api/incidents/{incident}/reject', { ...at(id), body: { act: newAct(), reason } })),
  grade: (id: string, grade: Grade) =>
    take(api.POST('/api/incidents/{incident}/grade', { ...at(id), body: { act: newAct(), grade } })),
  activate: (id: string, tier: Tier) =>
    take(api.POST('/api/incidents/{incident}/activate', { ...at(id), body: { act: newAct(), tier } })),
  arrive: (id: string, tier: Tier, reason: string) =>
    take(api.POST('/api/incidents/{incident}/arrive', { ...at(id), body: { act: newAct(), tier, reason } })),
  close: (id: string, reason: CloseReason) =>
    take(api.POST('/api/incidents/{incident}/close', { ...at(id), body: { act: newAct(), reason } })),
  note: (id: string, text: string) =>
    take(api.POST('/api/incidents/{incident}/note', { ...at(id), body: { act: newAct(), text } })),
  refute: (id: string, tier: Tier, reason: RefuteReason) =>
    take(api.POST('/api/incidents/{incident}/refute', { ...at(id), body: { act: newAct(), tier, reason } })),
  merge: (id: string, into: string) =>
    take(api.POST('/api/incidents/{incident}/merge', { ...at(id), body: { act: newAct(), into } })),
}

export const REJECT_REASONS: readonly RejectReason[] = ['false_alarm', 'test', 'duplicate', 'elsewhere']
export const CLOSE_REASONS: readonly CloseReason[] = ['handled', 'no_action', 'transferred', 'retrospective']
