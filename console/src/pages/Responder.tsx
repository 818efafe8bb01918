/** A responder's own calls, on a phone. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useEffect } from 'react'
import { Link } from 'react-router'

import { refreshIncident, myIncidents } from '../api/queries'
import { enrolThisPhone } from '../api/phones'
import { TIERS } from '../api/types'
import { useT } from '../i18n'
import { useActs } from '../offline/useActs'
import { ClockChip } from '../parts/ClockChip'
import { OfflineBar } from '../parts/OfflineBar'
import { Spinner } from '../parts/Plain'
import { Problem } from '../parts/Problem'
import { PushSwitch } from '../parts/PushSwitch'
import { Began, GradeTag, stateWords } from '../parts/Words'
import { useSession } from '../session'

/** The acts of the signed-in responder. */
export function useMyActs() {
  const { session } = useSession()
  const client = useQueryClient()
  const refresh = useCallback((id: string) => void refreshIncident(client, id), [client])
  return useActs(session.account, refresh)
}

export function Responder() {
  const { t } = useT()
  const { session } = useSession()
  const acts = useMyActs()
  const asked = useQuery({ ...myIncidents(session.account), refetchInterval: 10_000 })
  const items = asked.data?.items ?? []
  useEffect(() => {
    // A key that the centre has not taken is made again at the next start; acts go unsigned until then.
    void enrolThisPhone(session.account).catch(() => undefined)
  }, [session.account])
  return (
    <section aria-label={t('nav.mine')}>
      <OfflineBar acts={acts} />
      {asked.data === undefined && <Problem error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Spinner words={t('do.loading')} />}
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
            <GradeTag grade={line.grade} proposed={line.confirmed == null} /> {stateWords(line, t)}
          </span>
          <span className="quiet">
            <Began line={line} />
          </span>
          <span className="clocks">
            {(line.stage == null || line.clocks.length > 0) && TIERS.map((tier) => (
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
      <nav className="field-ways" aria-label={t('field.ways')}>
        <Link to="/r/do/report" className="btn">{t('field.report')}</Link>
        <Link to="/r/do/sweeps" className="btn">{t('nav.sweeps')}</Link>
        <Link to="/r/do/patrol" className="btn">{t('field.patrol')}</Link>
        <Link to="/r/do/score" className="btn">{t('field.score')}</Link>
      </nav>
      <PushSwitch />
    </section>
  )
}
