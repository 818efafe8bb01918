/** A call by one-tap link: what, where, by when, and the acts; changes nothing until somebody taps. */
import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { useCallback, useMemo } from 'react'

import { byToken, take } from '../../api/client'
import { ApiError } from '../../api/errors'
import { type GoView, isOpen } from '../../api/types'
import { useT } from '../../i18n'
import { keep, orKept } from '../../offline/keep'
import { useActs } from '../../offline/useActs'
import { ClockChip } from '../../parts/ClockChip'
import { FieldButtons, type Progress } from '../../parts/FieldButtons'
import { OfflineBar } from '../../parts/OfflineBar'
import { Spinner } from '../../parts/Plain'
import { Problem } from '../../parts/Problem'
import { Began, GradeTag, stateWords } from '../../parts/Words'
import { useNow } from '../../serverClock'
import { minute } from '../../time'
import { ownerOf } from './address'

/** Open links of this phone, for a tag that is scanned later: where the newest call is kept. */
export const NEWEST = 'newest'

const view = (token: string, owner: string) =>
  queryOptions({
    queryKey: ['go', owner],
    queryFn: async () => {
      const found = await orKept(owner, 'view', () => take(byToken.POST('/api/go/open', { body: { token } })))
      await keep('link', NEWEST, { token, owner, incident: found.incident.id, until: found.expires })
      return found
    },
    refetchInterval: 10_000,
    retry: (count: number, error: Error) => !(error instanceof ApiError) && count < 1,
  })

export function Go({ token }: { token: string }) {
  const { t } = useT()
  const { data: owner } = useQuery({ queryKey: ['owner', token], queryFn: () => ownerOf(token), staleTime: Infinity })
  return owner === undefined ? <Spinner words={t('do.loading')} /> : <Call token={token} owner={owner} />
}

function Call({ token, owner }: { token: string; owner: string }) {
  const { t } = useT()
  const client = useQueryClient()
  const refresh = useCallback(() => void client.invalidateQueries({ queryKey: ['go', owner] }), [client, owner])
  const acts = useActs(owner, refresh, token)
  const asked = useQuery(view(token, owner))
  const challenge = useMemo(() => () => take(byToken.POST('/api/go/photo-challenge', { body: { token } })), [token])
  return (
    <section aria-label={t('nav.mine')}>
      <OfflineBar acts={acts} />
      {asked.data === undefined && <Problem error={asked.error} onRetry={() => void asked.refetch()} />}
      {asked.isPending && <Spinner words={t('do.loading')} />}
      {asked.data !== undefined && <Shown found={asked.data} acts={acts} challenge={challenge} />}
    </section>
  )
}

interface ShownProps {
  found: GoView
  acts: ReturnType<typeof useActs>
  challenge: Parameters<typeof FieldButtons>[0]['challenge']
}

function Shown({ found, acts, challenge }: ShownProps) {
  const { t } = useT()
  const now = useNow()
  const line = found.incident
  const clock = line.clocks.find((one) => one.tier === found.tier)
  const over = !isOpen(line)
  const place = line.place
  return (
    <>
      <p className="quiet">{t('go.hello', { person: found.person_name })}</p>
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
      {found.tier !== null && clock !== undefined && (
        <div className="mine">
          <span className="quiet">{t('r.yours', { tier: t(`tier.${found.tier}`) })}</span>
          <ClockChip big tier={found.tier} clock={clock} confirmed={line.confirmed} open={!over} />
        </div>
      )}
      {line.confirmed == null && !over && <p className="look">{t('r.look')}</p>}
      {over ? (
        <p className="look">{t('r.ended')}</p>
      ) : (
        <FieldButtons withSeen progress={progressOf(found)} acts={acts} challenge={challenge} />
      )}
      <p className="quiet">{t('go.until', { time: minute(found.expires, now) })}</p>
    </>
  )
}

export function progressOf(found: GoView): Progress {
  const clock = found.incident.clocks.find((one) => one.tier === found.tier)
  return {
    incident: found.incident.id,
    confirmed: found.incident.confirmed != null,
    seen: found.seen ?? null,
    accepted: found.accepted ?? null,
    refused: found.refused ?? null,
    arrived: found.arrived ?? null,
    proved: clock?.verdict === 'arrived' || clock?.verdict === 'late',
    helped: found.helped ?? false,
    handled: found.incident.state === 'handled',
  }
}
