/** On whom an incident waits and for what, in a sentence; pure. */
import { say, type Translate } from '../i18n'
import { age, minute } from '../time'

export interface Waiting {
  /** `desk`, `leader`, `tier:township` or `organisation:<code>`. */
  who: string
  what: string
  since: string
  due?: string | null | undefined
}

export function whoWaits(who: string, organisation: (code: string) => string, t: Translate): string {
  const [kind = '', code = ''] = who.split(/:(.*)/, 2)
  if (kind === 'organisation') return organisation(code)
  if (kind === 'tier') return say(t, 'tier', code)
  return say(t, 'waits.who', kind)
}

/** "等镇综合执法队签收，已等 2 小时，须于 17:30 前完成" */
export function waitingWords(one: Waiting, organisation: (code: string) => string, now: number, t: Translate): string {
  const { unit, n } = age(now - Date.parse(one.since))
  const begun = t('waits.for', {
    who: whoWaits(one.who, organisation, t),
    what: say(t, 'waits.what', one.what),
    time: t(`lasted.${unit}`, { n }),
  })
  if (one.due == null) return begun
  const late = now - Date.parse(one.due)
  if (late >= 0) {
    const over = age(late)
    return begun + t('waits.late', { time: t(`lasted.${over.unit}`, { n: over.n }) })
  }
  return begun + t('waits.due', { due: minute(one.due, now) })
}

export const isLate = (one: Waiting, now: number) => one.due != null && Date.parse(one.due) <= now
