/** One sentence for every event of a log, in the reader's language; the compiler knows when one is missing. */
import type { Detail, IncidentEvent, LogLine } from './api/types'
import { say, type Translate } from './i18n'
import { whyOf } from './parts/Words'
import { minute, second } from './time'
import { isWork, workSentence } from './workEvents'

export interface Names {
  people: Detail['people']
  notes: Detail['notes']
  device: (id: string) => string
  organisation: (code: string) => string
  matter: (code: string) => string
  /** An item of the plan's checklist, in words. */
  step: (id: string) => string
  place: string
  now: number
}

type Of<Name extends IncidentEvent['event']> = Extract<IncidentEvent, { event: Name }>

export function personOf(id: string | null | undefined, names: Names, t: Translate): string {
  if (id == null || id === '') return t('actor.unknown')
  return names.people[id]?.name ?? id
}

export function actorOf(line: Pick<LogLine, 'actor'>, names: Names, t: Translate): string {
  if (line.actor.kind === 'person') return personOf(line.actor.id, names, t)
  return line.actor.kind === 'collector' ? t('actor.collector', { id: line.actor.id }) : t('actor.system')
}

export function sentence(event: IncidentEvent, names: Names, t: Translate): string {
  if (isWork(event)) return workSentence(event, names, t)
  const who = (person: string | null | undefined) => personOf(person, names, t)
  switch (event.event) {
    case 'opened':
      return opened(event, names, t)
    case 'alarm_attached':
      return t('event.alarm_attached', {
        device: names.device(event.device),
        kind: t(`kind.${event.kind}`),
        why: whyOf(t, event.reason_code, event.figures),
      })
    case 'alarm_cleared':
    case 'report_attached':
    case 'merged':
      return t(`event.${event.event}`)
    case 'confirmation_overdue':
      return t('event.confirmation_overdue', { step: event.step })
    case 'confirmed':
      return t('event.confirmed', {
        grade: t(`grade.${event.grade}`),
        mode: t(`mode.${event.mode}`),
        basis: t(`basis.${event.basis}`),
      })
    case 'grade_changed':
      return t('event.grade_changed', { was: t(`grade.${event.was}`), grade: t(`grade.${event.grade}`) })
    case 'rejected':
      return t('event.rejected', { reason: say(t, 'reject', event.reason_code), basis: t(`basis.${event.basis}`) })
    case 'tier_activated':
      return t('event.tier_activated', {
        tier: t(`tier.${event.tier}`),
        due: second(event.due, names.now),
        reason: say(t, 'activation', event.reason_code),
      })
    case 'stand_by':
      return t('event.stand_by', { tier: t(`tier.${event.tier}`) })
    case 'called':
      return called(event, names, t)
    case 'notice_settled':
      return t(event.person == null ? 'event.notice_settled.place' : 'event.notice_settled', {
        person: who(event.person),
        channel: t(`channel.${event.channel}`),
        outcome: t(`outcome.${event.outcome}`),
      })
    case 'seen':
    case 'accepted':
    case 'help_asked':
      return t(`event.${event.event}`, { tier: t(`tier.${event.tier}`), person: who(event.person) })
    case 'refused':
      return t('event.refused', {
        tier: t(`tier.${event.tier}`),
        person: who(event.person),
        reason: say(t, 'refuse', event.reason_code),
      })
    case 'arrived':
      return arrived(event, names, t)
    case 'due_changed':
      return t('event.due_changed', {
        tier: t(`tier.${event.tier}`),
        was: second(event.was, names.now),
        due: second(event.due, names.now),
      })
    case 'sighted':
      return t(event.gone === true ? 'event.sighted.gone' : 'event.sighted', {
        device: names.device(event.device),
        at: second(event.at, names.now),
      })
    case 'nothing_found':
      return t('event.nothing_found', { tier: t(`tier.${event.tier}`), person: who(event.person) })
    case 'arrival_refuted':
      return t('event.arrival_refuted', { tier: t(`tier.${event.tier}`), reason: say(t, 'refute', event.reason_code) })
    case 'reminded':
      return t('event.reminded', { what: say(t, 'remind', event.what), step: event.step })
    case 'verdict_given':
      return verdict(event, names, t)
    case 'handled':
      return event.person == null ? t('event.handled.nobody') : t('event.handled', { person: who(event.person) })
    case 'closed':
      return t('event.closed', { reason: say(t, 'close', event.reason_code) })
    case 'note_added': {
      const words = names.notes[event.note]
      return words === undefined ? t('event.note_added.erased') : t('event.note_added', { words })
    }
  }
}

function opened(event: Of<'opened'>, names: Names, t: Translate): string {
  return t(event.lateness === 'live' ? 'event.opened' : `event.opened.${event.lateness}`, {
    kind: t(`kind.${event.kind}`),
    place: event.device == null ? names.place : `${names.place} ${names.device(event.device)}`,
    grade: t(`grade.${event.grade}`),
    began: minute(event.began, names.now),
  })
}

function called(event: Of<'called'>, names: Names, t: Translate): string {
  return t(event.tier == null ? 'event.called.supervisor' : 'event.called', {
    tier: event.tier == null ? '' : t(`tier.${event.tier}`),
    person: personOf(event.person, names, t),
    channels: event.channels.map((one) => t(`channel.${one}`)).join(t('list.comma')) || t('channel.none'),
    reason: say(t, 'callreason', event.reason_code),
  })
}

function arrived(event: Of<'arrived'>, names: Names, t: Translate): string {
  const metres = event.distance_m == null ? '' : t('event.arrived.distance', { metres: Math.round(event.distance_m) })
  const within = event.accuracy_m == null ? '' : t('event.arrived.accuracy', { metres: Math.round(event.accuracy_m) })
  const old = event.age_s == null || event.age_s < 5 ? '' : t('event.arrived.age', { seconds: Math.round(event.age_s) })
  const values = {
    tier: t(`tier.${event.tier}`),
    person: event.person == null ? '' : personOf(event.person, names, t),
    at: second(event.at, names.now),
    basis: t(`basis.${event.basis}`),
    distance: `${metres}${within}${old}`,
  }
  if (!event.accepted) return t('event.arrived.unproved', values)
  return t(event.person == null ? 'event.arrived.nobody' : 'event.arrived', values)
}

function verdict(event: Of<'verdict_given'>, names: Names, t: Translate): string {
  const cause = causeOf(event.cause, t)
  const values = {
    tier: t(`tier.${event.tier}`),
    verdict: t(`verdict.${event.verdict}`),
    was: event.revises == null ? '' : t(`verdict.${event.revises}`),
    at: second(event.at, names.now),
    cause,
  }
  if (event.revises != null) return t('event.verdict_given.revised', values)
  return t(cause === '' ? 'event.verdict_given' : 'event.verdict_given.cause', values)
}

/** `people:not_accepted` in words. */
export function causeOf(cause: string | undefined, t: Translate): string {
  if (cause === undefined || cause === '') return ''
  const [whose = '', segment = ''] = cause.split(':')
  return [say(t, 'cause', whose), say(t, 'segment', segment)].filter((one) => one !== '').join(t('list.colon'))
}
