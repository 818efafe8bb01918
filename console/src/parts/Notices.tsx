/** Messages by what became of them: figures first, then each with provider, time and reason in words. */
import { useState } from 'react'

import type { Detail, Notice } from '../api/types'
import type { Names } from '../events'
import { has, say, type Translate, useT } from '../i18n'
import { second } from '../time'
import { Panel } from './Panel'
import { Btn } from './Plain'

const BAD = new Set(['failed', 'refused', 'unknown', 'expired'])
const SHOWN = 6

export function Notices({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  const [all, setAll] = useState(false)
  const byState = new Map<string, number>()
  for (const one of detail.notices) byState.set(one.state, (byState.get(one.state) ?? 0) + 1)
  // What went wrong stands on top, the newest first.
  const sorted = [...detail.notices].sort(
    (a, b) => Number(BAD.has(b.state)) - Number(BAD.has(a.state)) || Date.parse(b.created) - Date.parse(a.created),
  )
  const shown = all ? sorted : sorted.slice(0, SHOWN)
  return (
    <Panel title={t('incident.notices')}>
      {detail.notices.length === 0 && <p className="quiet">{t('incident.notices.none')}</p>}
      <div className="marks">
        {[...byState].map(([state, n]) => (
          <span key={state} className={`mark ${toneOf(state)}`}>
            {say(t, 'outcome', state)} {n}
          </span>
        ))}
      </div>
      <ul className="plain">
        {shown.map((one) => (
          <NoticeLine key={one.id} notice={one} names={names} />
        ))}
      </ul>
      {sorted.length > SHOWN && (
        <Btn look="text" onClick={() => setAll(!all)}>
          {all ? t('notices.less') : t('notices.all', { n: sorted.length })}
        </Btn>
      )}
    </Panel>
  )
}

function NoticeLine({ notice, names }: { notice: Notice; names: Names }) {
  const { t } = useT()
  const words = reasonWords(notice.reason, t)
  return (
    <li>
      <time className="mono quiet">{second(notice.created, names.now)}</time> {notice.person_name || t('notices.place')} ·{' '}
      {say(t, 'template', notice.template)} · {t(`channel.${notice.channel}`)}
      {notice.provider !== undefined && notice.provider !== '' && notice.provider !== notice.channel && <span className="quiet"> {notice.provider}</span>} ·{' '}
      <span className={toneOf(notice.state)}>{say(t, 'outcome', notice.state)}</span>
      {notice.attempts > 1 && <span className="quiet"> · {t('notices.attempts', { n: notice.attempts })}</span>}
      {notice.delivered != null && <span className="quiet"> · {t('notices.delivered', { time: second(notice.delivered, names.now) })}</span>}
      {words !== '' && <div className="quiet words">{words}</div>}
    </li>
  )
}

function toneOf(state: string): string {
  if (state === 'sent' || state === 'delivered') return 'tone-arrived'
  if (state === 'failed' || state === 'refused') return 'tone-missed'
  return BAD.has(state) ? 'tone-late' : ''
}

/** `code`, `code: provider's words`, `code, last code: words`: sentences where we know the code; else as it came. */
export function reasonWords(reason: string, t: Translate): string {
  const [first = '', last] = reason.split(/, last (.*)/s)
  const words = [oneReason(first, t), ...(last === undefined || last === '' ? [] : [oneReason(last, t)])]
  return words.filter((one) => one !== '').join(t('list.comma'))
}

function oneReason(reason: string, t: Translate): string {
  const [code = '', ...rest] = reason.split(':')
  const key = `noticereason.${code.trim()}`
  if (!has(key)) return reason
  const told = rest.join(':').trim()
  return told === '' ? t(key) : `${t(key)}${t('list.brackets', { inside: told })}`
}
