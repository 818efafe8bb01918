/** Who was called and how far each has come. */
import type { Call, Detail } from '../api/types'
import type { Names } from '../events'
import { personOf } from '../events'
import { type Key, say, useT } from '../i18n'
import { second } from '../time'
import { Panel } from './Panel'

export function Calls({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  return (
    <Panel title={t('incident.calls')}>
      {detail.calls.length === 0 && <p className="quiet">{t('incident.calls.none')}</p>}
      <ul className="calls">
        {detail.calls.map((call) => (
          <li key={call.person}>
            <div>
              <strong>{personOf(call.person, names, t)}</strong>{' '}
              <span className="quiet">
                {call.tier == null ? t('incident.supervisor') : t(`tier.${call.tier}`)}
                {department(call, names, t)}
                {' · '}
                {call.channels.map((one) => t(`channel.${one}`)).join(t('list.comma')) || t('channel.none')}
              </span>
            </div>
            <Steps call={call} now={names.now} />
            {call.failed.length > 0 && (
              <div className="tone-late">
                {t('step.failed', { channels: call.failed.map((one) => t(`channel.${one}`)).join(t('list.comma')) })}
              </div>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  )
}

function department(call: Call, names: Names, t: Parameters<typeof say>[0]): string {
  const code = names.people[call.person]?.department
  return code === undefined || code === '' ? '' : ` ${say(t, 'department', code)}`
}

function Steps({ call, now }: { call: Call; now: number }) {
  const { t } = useT()
  const steps: [Key, string | null | undefined][] = [
    ['step.sent', call.sent],
    ['step.seen', call.seen],
    call.refused == null ? ['step.accepted', call.accepted] : ['step.refused', call.refused],
    ['step.arrived', call.arrived],
  ]
  return (
    <ol className="steps">
      {steps.map(([key, at]) => (
        <li key={key} className={at == null ? 'open' : key === 'step.refused' ? 'bad' : 'done'}>
          {t(key)}
          <time className="mono">{at == null ? '' : second(at, now)}</time>
        </li>
      ))}
    </ol>
  )
}
