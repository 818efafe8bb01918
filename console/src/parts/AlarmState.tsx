/** An alarm's state as a word with a shape of its own, and why it is quiet. */
import type { Alarm, AlarmState } from '../api/types'
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { minutes, second } from '../time'

/** Shapes beside colours: readable in grey and by people who do not see red. */
const SHAPES: Record<AlarmState, string> = {
  unacknowledged: '●',
  acknowledged: '◐',
  returned_unacknowledged: '○',
  shelved: '‖',
  suppressed: '⊘',
  out_of_service: '✕',
  normal: '✓',
}

export function AlarmStateTag({ alarm }: { alarm: Alarm }) {
  const { t } = useT()
  const now = useNow()
  const left = alarm.shelved_until == null ? 0 : Date.parse(alarm.shelved_until) - now
  return (
    <>
      <span className={`alarm-state ${alarm.state}`} data-state={alarm.state}>
        <span aria-hidden>{SHAPES[alarm.state]}</span> {t(`alarmstate.${alarm.state}`)}
      </span>
      {alarm.state === 'shelved' && alarm.shelved_until != null && (
        <div className="quiet">{t('alarms.shelvedUntil', { time: second(alarm.shelved_until, now), left: minutes(left, 'up') })}</div>
      )}
      {!alarm.raised && alarm.cleared_at != null && (
        <div className="quiet">{t('alarms.cleared', { time: second(alarm.cleared_at, now) })}</div>
      )}
    </>
  )
}

/** `rootOf` names the alarm that explains another. */
export function AlarmMarks({ alarm, rootOf }: { alarm: Alarm; rootOf: (alarm: string) => string }) {
  const { t } = useT()
  return (
    <div className="marks">
      {alarm.suppressed_by != null && alarm.suppressed_by !== '' && (
        <span className="mark">{t('alarms.suppressedBy', { root: rootOf(alarm.suppressed_by) })}</span>
      )}
      {alarm.shelved_reason != null && alarm.shelved_reason !== '' && alarm.state === 'shelved' && (
        <span className="mark">{t('alarms.shelvedWhy', { reason: alarm.shelved_reason })}</span>
      )}
      {alarm.maintenance != null && alarm.maintenance !== '' && <span className="mark">{t('alarms.inMaintenance')}</span>}
      {alarm.pending && <span className="mark">{t('alarms.pending')}</span>}
      {alarm.stale && <span className="mark warn">{t('alarms.stale')}</span>}
      {alarm.chattering && <span className="mark warn">{t('alarms.chattering')}</span>}
    </div>
  )
}
