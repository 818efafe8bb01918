/** A responder's own calls, on a phone. */
import { useQuery } from '@tanstack/react-query'
import { Spin } from 'antd'
import { Link } from 'react-router'

import { openIncidents } from '../api/queries'
import { useActs } from '../offline/useActs'
import { useT } from '../i18n'
import { ClockChip } from '../parts/ClockChip'
import { OfflineBar } from '../parts/OfflineBar'
import { Problem } from '../parts/Problem'
import { Began, GradeTag } from '../parts/Words'
import { TIERS } from '../api/types'

export function Responder() {
  const { t } = useT()
  const acts = useActs()
  const asked = useQuery({ ...openIncidents, refetchInterval: 10_000 })
  const items = asked.data?.items ?? []
  return (
    <section aria-label={t('nav.mine')}>
      <OfflineBar acts={acts} />
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && (
        <div className="nothing">
          <h1>{t('r.none')}</h1>
          <p className="quiet">{t('r.none.hint')}</p>
        </div>
      )}
      {items.map((line) => (
        <Link key={line.id} to={`/r/${line.id}`} className={`card grade-${line.grade}`}>
          <span className="card-title">
            {t(`kind.${line.kind}`)} · {line.grid_name}
          </span>
          <span>
            <GradeTag grade={line.grade} proposed={line.confirmed == null} /> {t(`state.${line.state}`)}
          </span>
          <span className="quiet">
            <Began line={line} />
          </span>
          <span className="clocks">
            {TIERS.map((tier) => (
              <ClockChip
                key={tier}
                tier={tier}
                clock={line.clocks.find((one) => one.tier === tier)}
                confirmed={line.confirmed}
                open
              />
            ))}
          </span>
        </Link>
      ))}
    </section>
  )
}
