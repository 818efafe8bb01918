/** What happens by itself if nobody does anything. */
import type { Detail, Upcoming } from '../api/types'
import type { Names } from '../events'
import { personOf } from '../events'
import { has, say, type Translate, useT } from '../i18n'
import { minutes, second } from '../time'
import { Panel } from './Panel'

const SHOWN = 8

export function Preview({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  return (
    <Panel title={t('incident.next')}>
      {detail.preview.length === 0 && <p className="quiet">{t('incident.next.none')}</p>}
      <ol className="next">
        {detail.preview.slice(0, SHOWN).map((step, place) => (
          <li key={`${step.at}-${step.what}-${place}`}>
            <span className="next-in">
              <span className="mono">{inTime(step, names.now, t)}</span>
              <time className="mono quiet">{second(step.at, names.now)}</time>
            </span>
            <span>{upcoming(step, names, t)}</span>
          </li>
        ))}
      </ol>
    </Panel>
  )
}

function inTime(step: Upcoming, now: number, t: Translate): string {
  const left = Date.parse(step.at) - now
  return left <= 0 ? t('next.now') : t('next.in', { time: minutes(left, 'up') })
}

/** "呼叫镇级：孙浩（电话回调）". */
export function upcoming(step: Upcoming, names: Names, t: Translate): string {
  const [what = '', reason = ''] = step.what.split(':')
  const base = what === 'called' && step.tier == null ? 'next.called.supervisor' : `next.${what}`
  const tier = step.tier == null ? '' : t(`tier.${step.tier}`)
  const head = has(base) ? t(base, { tier, reason: say(t, 'callreason', reason) }) : step.what
  if (step.persons.length === 0) return head
  const people = step.persons.map((one) => personOf(one, names, t)).join(t('list.comma'))
  const channels = step.channels.map((one) => t(`channel.${one}`)).join(t('list.comma'))
  return `${head}${t('list.colon')}${people}${channels === '' ? '' : t('list.brackets', { inside: channels })}`
}
