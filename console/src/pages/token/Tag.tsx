/** A place's code was opened by the phone's own camera: remembered here, used for the call that is open. */
import { useQuery } from '@tanstack/react-query'
import { useCallback, useState } from 'react'

import { api, setCsrf, take } from '../../api/client'
import type { Line } from '../../api/types'
import { useT } from '../../i18n'
import { recall } from '../../offline/keep'
import { useActs } from '../../offline/useActs'
import { OfflineBar } from '../../parts/OfflineBar'
import { Btn, Note, Spinner } from '../../parts/Plain'
import { handOver } from './address'
import { NEWEST } from './Go'

interface Link {
  token: string
  owner: string
  incident: string
  until: string
}

interface Calls {
  link: Link | null
  account: string | null
  lines: Line[]
}

/** Whose call can this be: of the link that was opened on this phone, or of the signed-in person. */
async function openCalls(): Promise<Calls> {
  const link = await recall<Link>('link', NEWEST)
  const valid = link !== null && Date.parse(link.until) > Date.now() ? link : null
  const session = await take(api.GET('/api/session')).catch(() => null)
  if (session?.role !== 'responder') return { link: valid, account: null, lines: [] }
  setCsrf(session.csrf)
  const { items } = await take(api.GET('/api/incidents', { params: { query: { open: true, most: 50 } } }))
  return { link: valid, account: session.account, lines: items }
}

export function TagPage({ tag }: { tag: string }) {
  const { t } = useT()
  const asked = useQuery({ queryKey: ['calls'], queryFn: openCalls, staleTime: Number.POSITIVE_INFINITY })
  const calls = asked.data
  return (
    <section aria-label={t('tag.title')}>
      <h1 className="phone-title">{t('tag.title')}</h1>
      {asked.isPending && <Spinner words={t('do.loading')} />}
      {calls !== undefined && calls.link === null && calls.lines.length === 0 && (
        <Note tone="info" title={t('tag.none')}>
          {t('tag.none.hint')}
        </Note>
      )}
      {calls?.account != null &&
        calls.lines.map((line) => (
          <Arrive key={line.id} tag={tag} owner={calls.account ?? ''} incident={line.id} words={`${t(`kind.${line.kind}`)} · ${line.grid_name}`} />
        ))}
      {calls?.link != null && !calls.lines.some((line) => line.id === calls.link?.incident) && (
        <Arrive tag={tag} owner={calls.link.owner} incident={calls.link.incident} link={calls.link.token} words={t('tag.call')} />
      )}
    </section>
  )
}

interface ArriveProps {
  tag: string
  owner: string
  incident: string
  words: string
  link?: string
}

function Arrive({ tag, owner, incident, words, link }: ArriveProps) {
  const { t } = useT()
  const [sent, setSent] = useState(false)
  const [tapped, setTapped] = useState(false)
  const acts = useActs(owner, useCallback(() => setSent(true), []), link)
  const refused = acts.refused.some((one) => one.act.tag === tag)
  return (
    <>
      <OfflineBar acts={acts} />
      <p className="card-title">{words}</p>
      {sent && !refused && acts.waiting.length === 0 ? (
        <Note tone="good" title={t('tag.done')} />
      ) : (
        <Btn
          huge
          look="primary"
          disabled={tapped && !refused}
          onClick={() => {
            setTapped(true)
            acts.tap(incident, 'arrive', { tag })
          }}
        >
          {t('tag.do')}
        </Btn>
      )}
      <a href={link === undefined ? `/r/${incident}` : '/go'} onClick={() => link !== undefined && handOver('go', link)}>
        {t('tag.back')}
      </a>
    </>
  )
}
