/** One's own month: what counts, how often, for how many points. */
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Link } from 'react-router'

import { INDICATORS, scores } from '../../api/oversight'
import { useT } from '../../i18n'
import { Btn, Spinner } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'
import { serverNow } from '../../serverClock'
import { useSession } from '../../session'
import { localDay, nameOf, shifted } from '../../town/periods'

export function FieldScore() {
  const { t } = useT()
  const { session } = useSession()
  const [day, setDay] = useState(localDay(serverNow()))
  const month = nameOf('month', day)
  const asked = useQuery(scores(month, undefined))
  const own = asked.data?.items.find((one) => one.person === session.person)
  return (
    <section aria-label={t('field.score')}>
      <Link to="/r">← {t('nav.mine')}</Link>
      <h1 className="phone-title">{t('field.score')}</h1>
      <div className="pair">
        <Btn onClick={() => setDay(shifted('month', day, -1))}>‹ {t('period.before')}</Btn>
        <Btn disabled={month >= nameOf('month', localDay(serverNow()))} onClick={() => setDay(shifted('month', day, 1))}>{t('period.after')} ›</Btn>
      </div>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spinner words={t('do.loading')} />}
      {asked.data !== undefined && own === undefined && <p className="quiet">{t('field.score.none', { month })}</p>}
      {own !== undefined && (
        <>
          <p>
            <span className="quiet mono">{month}</span> <span className="value">{own.total.toFixed(2)}</span> {t('score.points')}
            {own.rank != null && <strong> · {t('field.score.rank', { n: own.rank, all: own.among ?? 0 })}</strong>}
          </p>
          {asked.data?.published == null && <p className="tone-late">{t('score.unpublished')}</p>}
          <ul className="plain">
            {INDICATORS.map((indicator) => {
              const part = own.parts.find((one) => one.indicator === indicator)
              const worth = asked.data?.formula.find((one) => one.indicator === indicator)
              return (
                <li key={indicator}>
                  <strong>{t(`indicator.${indicator}`)}</strong> {t('score.part', { n: part?.count ?? 0, points: (part?.points ?? 0).toFixed(2) })}{' '}
                  {worth !== undefined && <span className="quiet">{t('field.score.worth', { points: worth.points, full: worth.full })}</span>}
                </li>
              )
            })}
          </ul>
        </>
      )}
    </section>
  )
}
