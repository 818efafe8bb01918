/** One call on a phone: how long is left, where it is, and one big button for what comes next. */
import { useQuery } from '@tanstack/react-query'
import { useEffect } from 'react'
import { Link, useParams } from 'react-router'

import { api, take } from '../api/client'
import { myIncident } from '../api/queries'
import { type Detail, isOpen } from '../api/types'
import type { Names } from '../events'
import { personOf } from '../events'
import { useT } from '../i18n'
import type { Acts } from '../offline/useActs'
import { Waits } from '../parts/case/WorkPanel'
import { ClockChip } from '../parts/ClockChip'
import { FieldButtons, type Progress } from '../parts/FieldButtons'
import { OfflineBar } from '../parts/OfflineBar'
import { Picture } from '../parts/Picture'
import { Spinner } from '../parts/Plain'
import { Problem } from '../parts/Problem'
import { Reports } from '../parts/Reports'
import { Began, GradeTag, stateWords, useNames } from '../parts/Words'
import { useSession } from '../session'
import { useMyActs } from './Responder'

export function ResponderIncident() {
  const { id = '' } = useParams()
  const { t } = useT()
  const { session } = useSession()
  const acts = useMyActs()
  const { tap } = acts
  const asked = useQuery({ ...myIncident(session.account, id), refetchInterval: 10_000 })
  const detail = asked.data?.incident.id === id ? asked.data : undefined
  const mine = detail?.calls.find((one) => one.person === session.person)
  const unseen = detail !== undefined && mine !== undefined && mine.seen == null && isOpen(detail.incident)
  useEffect(() => {
    // The page posts that it was seen: opening the address alone changes nothing.
    if (unseen && document.visibilityState === 'visible') tap(id, 'see')
  }, [unseen, id, tap])
  return (
    <section aria-label={t('nav.mine')}>
      <Link to="/r">← {t('nav.mine')}</Link>
      <OfflineBar acts={acts} />
      {detail === undefined && <Problem error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Spinner words={t('do.loading')} />}
      {detail !== undefined && <Shown detail={detail} acts={acts} />}
    </section>
  )
}

function Shown({ detail, acts }: { detail: Detail; acts: Acts }) {
  const { t } = useT()
  const { session } = useSession()
  const names = useNames(detail)
  const line = detail.incident
  const open = isOpen(line)
  const mine = detail.calls.find((one) => one.person === session.person)
  const tier = mine?.tier ?? detail.people[session.person]?.tier ?? null
  const clock = line.clocks.find((one) => one.tier === tier)
  const place = detail.standing.place
  const ownReport = detail.reports.some((one) => one.reported_by === session.person)
  return (
    <>
      <h1 className="phone-title">
        {t(`kind.${line.kind}`)} · {line.grid_name}
      </h1>
      <p className="facts">
        <GradeTag grade={line.grade} proposed={line.confirmed == null} />
        <span>{stateWords(line, t)}</span>
        <span className="quiet">
          <Began line={line} />
        </span>
        {place != null && (
          <a href={`geo:${place.latitude},${place.longitude}?q=${place.latitude},${place.longitude}`}>{t('r.map')}</a>
        )}
      </p>
      {tier !== null && clock !== undefined && (
        <div className="mine">
          <span className="quiet">{t('r.yours', { tier: t(`tier.${tier}`) })}</span>
          <ClockChip big tier={tier} clock={clock} confirmed={line.confirmed} open={open} />
        </div>
      )}
      {open && mine?.arrived != null && clock !== undefined && clock.verdict == null && (
        <p className="look" role="status">
          {t('r.unproved')}
        </p>
      )}
      <Waits detail={detail} organisation={names.organisation} />
      {open && mine !== undefined && line.confirmed == null && <p className="look">{t('r.look')}</p>}
      {open && mine === undefined && ownReport ? (
        <p className="quiet">{t('r.reported')}</p>
      ) : open ? (
        <FieldButtons progress={progressOf(detail, session.person)} acts={acts} challenge={() => challengeFor(line.id)} />
      ) : (
        <p className="look">{t('r.ended')}</p>
      )}
      <Reports detail={detail} names={names} />
      <Picture detail={detail} />
      <AlsoCalled detail={detail} names={names} me={session.person} />
    </>
  )
}

const challengeFor = (id: string) =>
  take(api.POST('/api/incidents/{incident}/photo-challenge', { params: { path: { incident: id } }, body: {} }))

/** How far one person has come with an incident. */
export function progressOf(detail: Detail, person: string): Progress {
  const mine = detail.calls.find((one) => one.person === person)
  const clock = detail.incident.clocks.find((one) => one.tier === mine?.tier)
  return {
    incident: detail.incident.id,
    confirmed: detail.incident.confirmed != null,
    seen: mine?.seen ?? null,
    accepted: mine?.accepted ?? null,
    refused: mine?.refused ?? null,
    arrived: mine?.arrived ?? null,
    proved: clock?.verdict === 'arrived' || clock?.verdict === 'late',
    helped: mine?.tier != null && detail.standing.help_asked.includes(mine.tier),
    handled: detail.incident.state === 'handled',
  }
}

function AlsoCalled({ detail, names, me }: { detail: Detail; names: Names; me: string }) {
  const { t } = useT()
  const others = detail.calls.filter((one) => one.person !== me)
  if (others.length === 0) return null
  return (
    <p className="quiet">
      {t('r.who')}
      {t('list.colon')}
      {others
        .map((one) => {
          const step = one.arrived != null ? 'arrived' : one.accepted != null ? 'accepted' : 'called'
          return `${personOf(one.person, names, t)} ${t(`step.${step}`)}`
        })
        .join(t('list.comma'))}
    </p>
  )
}
