/** An incident as a case: what it is, who leads, until when, how often it went back. */
import type { Work } from '../../api/case'
import type { Detail } from '../../api/types'
import { type Translate, useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { minute } from '../../time'
import { leftWords } from '../../town/left'
import { isLate, waitingWords } from '../../town/waiting'
import { Panel } from '../Panel'

export function Waits({ detail, organisation }: { detail: Detail; organisation: (code: string) => string }) {
  const { t } = useT()
  const now = useNow()
  if (detail.waits_on.length === 0) return null
  return (
    <ul className="waits-on" aria-label={t('waits.title')}>
      {detail.waits_on.map((one, place) => (
        <li key={place} className={isLate(one, now) ? 'tone-missed' : ''}>{waitingWords(one, organisation, now, t)}</li>
      ))}
    </ul>
  )
}

export function WorkPanel({ detail }: { detail: Detail }) {
  const { t } = useT()
  const work = detail.work
  if (work == null && detail.route.length === 0) return null
  return (
    <Panel title={t('case.title')}>
      <dl className="pairs">
        {work != null && <Facts work={work} t={t} />}
        {detail.route.length > 0 && (
          <>
            <dt>{t('case.route')}</dt>
            <dd>
              {detail.route.map((one) => `${t(`tier.${one.tier}`)} ${one.name || one.organisation}`).join(t('list.comma'))}
              {detail.beyond && <span className="mark warn">{t('case.beyond')}</span>}
            </dd>
          </>
        )}
        {detail.transferred.length > 0 && (
          <>
            <dt>{t('case.transferred')}</dt>
            <dd>{detail.transferred.map((one) => t(`service.${one}`)).join(t('list.comma'))}</dd>
          </>
        )}
        {(detail.called_back > 0 || detail.satisfaction != null) && (
          <>
            <dt>{t('case.calledBack')}</dt>
            <dd>
              {detail.satisfaction == null
                ? t('case.calledBack.n', { n: detail.called_back })
                : t('case.satisfaction', { word: t(`satisfaction.${detail.satisfaction as 1 | 2 | 3 | 4 | 5}`), n: detail.called_back })}
            </dd>
          </>
        )}
      </dl>
    </Panel>
  )
}

function Facts({ work, t }: { work: Work; t: Translate }) {
  const now = useNow()
  const marks = marksOf(work, t)
  return (
    <>
      <dt>{t('case.matter')}</dt>
      <dd>
        {work.matter_name || work.matter || '—'} {work.matter_name !== '' && <span className="quiet mono">{work.matter}</span>}
      </dd>
      <dt>{t('case.lead')}</dt>
      <dd>
        {work.lead == null ? <span className="tone-late">{t('case.lead.none')}</span> : <strong>{work.lead.name || work.lead.code}</strong>}
        {work.level != null && <span className="quiet"> {t(`tier.${work.level}`)}</span>}
      </dd>
      {work.partners.length > 0 && (
        <>
          <dt>{t('case.partners')}</dt>
          <dd>
            {work.partners
              .map((one) => `${one.name || one.code}${work.done.includes(one.code) ? t('case.partner.done') : ''}`)
              .join(t('list.comma'))}
          </dd>
        </>
      )}
      {work.stage != null && (
        <>
          <dt>{t('case.stage')}</dt>
          <dd>{t('case.stage.since', { stage: t(`stage.${work.stage}`), since: minute(work.since, now) })}</dd>
          <dt>{t('case.due')}</dt>
          <dd>
            {work.due == null ? (
              <span className="quiet">{t('case.due.none')}</span>
            ) : (
              <>
                <time className="mono">{minute(work.due, now)}</time>{' '}
                <strong className={Date.parse(work.due) <= now ? 'tone-missed' : ''}>{leftWords(work.due, work.left_minutes, now, t)}</strong>
              </>
            )}
          </dd>
        </>
      )}
      {work.extension != null && (
        <>
          <dt>{t('case.extension')}</dt>
          <dd className="tone-late">{t('case.extension.asked', { until: minute(work.extension, now) })}</dd>
        </>
      )}
      {marks.length > 0 && (
        <>
          <dt>{t('case.so.far')}</dt>
          <dd>{marks.join(t('list.comma'))}</dd>
        </>
      )}
    </>
  )
}

function marksOf(work: Work, t: Translate): string[] {
  const counted = [
    ['case.extensions', work.extensions],
    ['case.urged', work.urged],
    ['case.supervised', work.supervised],
    ['case.returns', work.returns],
    ['case.reworks', work.reworks],
  ] as const
  return counted.filter(([, n]) => n > 0).map(([key, n]) => t(key, { n }))
}
