/** Sentences for what happens to an incident as a case: filed, dispatched, handled, checked, evaluated. */
import type { IncidentEvent } from './api/types'
import type { Names } from './events'
import { type Key, say, type Translate } from './i18n'
import { minute } from './time'

const WORK = [
  'received', 'filed', 'routed', 'dispatched', 'taken_on', 'work_begun', 'work_done', 'returned', 'partner_joined',
  'handed_up', 'extension_asked', 'extension_answered', 'urged', 'supervised', 'checked', 'sent_back', 'reopened',
  'transferred_out', 'called_back', 'evaluated', 'reported_up', 'grade_confirmed', 'step_ticked',
] as const satisfies readonly IncidentEvent['event'][]

export type WorkEvent = Extract<IncidentEvent, { event: (typeof WORK)[number] }>
type Of<Name extends WorkEvent['event']> = Extract<WorkEvent, { event: Name }>

export function isWork(event: IncidentEvent): event is WorkEvent {
  return (WORK as readonly string[]).includes(event.event)
}

export function workSentence(event: WorkEvent, names: Names, t: Translate): string {
  const by = (stage: 'accept' | 'handle' | 'check' | 'close' | 'dispatch', due: string | null | undefined) =>
    due == null ? '' : t(`event.until.${stage}`, { due: minute(due, names.now) })
  switch (event.event) {
    case 'received':
      return t('event.received')
    case 'filed':
      return t(event.due == null ? 'event.filed' : 'event.filed.due', {
        matter: names.matter(event.matter),
        due: event.due == null ? '' : minute(event.due, names.now),
      })
    case 'routed':
      return routed(event, names, t)
    case 'dispatched':
      return dispatched(event, names, t) + by('accept', event.due)
    case 'taken_on':
      return t('event.taken_on', { organisation: names.organisation(event.organisation) }) + by('handle', event.due)
    case 'work_begun':
    case 'partner_joined':
      return t(`event.${event.event}`, { organisation: names.organisation(event.organisation) })
    case 'work_done':
      return (
        t(event.lead ? 'event.work_done' : 'event.work_done.partner', { organisation: names.organisation(event.organisation) }) +
        by('check', event.due)
      )
    case 'returned':
      return t('event.returned', {
        organisation: names.organisation(event.organisation),
        reason: say(t, 'return', event.reason_code),
      })
    case 'handed_up':
      return (
        t('event.handed_up', {
          was: t(`tier.${event.was}`),
          level: t(`tier.${event.level}`),
          reason: say(t, 'handup', event.reason_code),
        }) + by('dispatch', event.due)
      )
    case 'extension_asked':
      return t('event.extension_asked', {
        organisation: names.organisation(event.organisation),
        until: minute(event.until, names.now),
        reason: say(t, 'extend', event.reason_code),
      })
    case 'extension_answered':
      return (
        t(event.granted ? 'event.extension_answered.granted' : 'event.extension_answered.denied', {
          due: minute(event.due, names.now),
        }) + bracketed(say(t, 'deny', event.reason_code), t)
      )
    case 'urged':
      return t('event.urged', { step: event.step, stage: t(`stage.${event.stage}`) })
    case 'supervised':
      return t('event.supervised', { stage: t(`stage.${event.stage}`), reason: say(t, 'supervise', event.reason_code) })
    case 'checked':
      return t('event.checked') + by('close', event.due)
    case 'sent_back':
      return t('event.sent_back', { reason: say(t, 'sendback', event.reason_code) }) + by('handle', event.due)
    case 'reopened':
      return (
        t('event.reopened', { was: t(`state.${event.was}`), reason: say(t, 'reopen', event.reason_code) }) +
        by('dispatch', event.due)
      )
    case 'transferred_out':
      return t(event.reason_code === '' || event.reason_code === undefined ? 'event.transferred_out' : 'event.transferred_out.reason', {
        service: t(`service.${event.service}`),
        reason: say(t, 'transfer', event.reason_code),
      })
    case 'called_back':
      return calledBack(event, t)
    case 'evaluated':
      return evaluated(event, t)
    case 'reported_up':
      return reportedUp(event, names, t)
    case 'grade_confirmed':
      return t('event.grade_confirmed', { grade: `${event.grade} ${t(`grade.${event.grade}`)}` })
    case 'step_ticked':
      return t(event.done === false ? 'event.step_ticked.back' : 'event.step_ticked', { step: names.step(event.step) })
  }
}

const bracketed = (words: string, t: Translate) => (words === '' ? '' : t('event.reason.words', { words }))

function routed(event: Of<'routed'>, names: Names, t: Translate): string {
  const organisations = event.organisations.map((pair) => names.organisation(pair[1])).join(t('list.comma'))
  if (organisations === '') return t('event.routed.nobody')
  return t(event.beyond ? 'event.routed.beyond' : 'event.routed', { organisations })
}

function dispatched(event: Of<'dispatched'>, names: Names, t: Translate): string {
  const partners = (event.partners ?? []).map(names.organisation).join(t('list.comma'))
  return (
    t('event.dispatched', { lead: names.organisation(event.lead), level: t(`tier.${event.level}`) }) +
    (partners === '' ? '' : t('event.dispatched.partners', { partners }))
  )
}

function calledBack(event: Of<'called_back'>, t: Translate): string {
  const key: Key = !event.reached
    ? 'event.called_back.missed'
    : event.satisfaction == null
      ? 'event.called_back.unsaid'
      : 'event.called_back'
  return t(key, { step: event.step, satisfaction: say(t, 'satisfaction', String(event.satisfaction ?? '')) })
}

function evaluated(event: Of<'evaluated'>, t: Translate): string {
  const said = event.satisfaction == null ? '' : say(t, 'satisfaction', String(event.satisfaction))
  return (
    t('event.evaluated') +
    (said === '' ? '' : t('event.evaluated.satisfaction', { satisfaction: said })) +
    (event.score == null ? '' : t('event.evaluated.score', { score: event.score }))
  )
}

function reportedUp(event: Of<'reported_up'>, names: Names, t: Translate): string {
  const again = event.stage === 'follow_up' && (event.step ?? 1) > 1
  const words = event.note === undefined || event.note === '' ? undefined : names.notes[event.note]
  return (
    t(again ? 'event.reported_up.again' : 'event.reported_up', { stage: t(`upstage.${event.stage}`), step: event.step ?? 1 }) +
    (words === undefined ? '' : t('event.reported_up.words', { words }))
  )
}
