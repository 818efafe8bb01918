/** Messages by what became of them: bad outcomes first, in full; good ones as figures. */
import { Tag } from 'antd'

import type { Detail } from '../api/types'
import type { Names } from '../events'
import { say, useT } from '../i18n'
import { second } from '../time'
import { Panel } from './Panel'

const COLOURS: Record<string, string> = {
  sent: 'green', delivered: 'green', failed: 'red', refused: 'red', unknown: 'orange', expired: 'orange',
}
const BAD = new Set(['failed', 'refused', 'unknown', 'expired'])

export function Notices({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  const byState = new Map<string, number>()
  for (const one of detail.notices) byState.set(one.state, (byState.get(one.state) ?? 0) + 1)
  const bad = detail.notices.filter((one) => BAD.has(one.state))
  return (
    <Panel title={t('incident.notices')}>
      {detail.notices.length === 0 && <p className="quiet">{t('incident.notices.none')}</p>}
      <div>
        {[...byState].map(([state, n]) => (
          <Tag key={state} color={COLOURS[state] ?? 'default'}>
            {say(t, 'outcome', state)} {n}
          </Tag>
        ))}
      </div>
      <ul className="plain">
        {bad.map((one) => (
          <li key={one.id}>
            <time className="mono quiet">{second(one.created, names.now)}</time>{' '}
            {one.person_name || say(t, 'template', one.template)} · {t(`channel.${one.channel}`)} ·{' '}
            <span className="tone-late">{say(t, 'outcome', one.state)}</span>{' '}
            <span className="quiet">{one.reason}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
