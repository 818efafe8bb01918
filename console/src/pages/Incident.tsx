/** One incident: what is known, what can be done, who was called, what comes next, what happened. */
import { useQuery } from '@tanstack/react-query'
import { Spin, Tag } from 'antd'
import { Link, useParams } from 'react-router'

import { incident } from '../api/queries'
import { type Detail, isOpen, TIERS } from '../api/types'
import type { Names } from '../events'
import { useT } from '../i18n'
import { Actions } from '../parts/Actions'
import { Calls } from '../parts/Calls'
import { Plan } from '../parts/case/Plan'
import { ReportsUp } from '../parts/case/ReportsUp'
import { StepsBar } from '../parts/case/StepsBar'
import { Waits, WorkPanel } from '../parts/case/WorkPanel'
import { ClockChip } from '../parts/ClockChip'
import { Evidence } from '../parts/Evidence'
import { Log } from '../parts/Log'
import { Notices } from '../parts/Notices'
import { Picture } from '../parts/Picture'
import { Preview } from '../parts/Preview'
import { Problem } from '../parts/Problem'
import { Proofs } from '../parts/Proofs'
import { Reports } from '../parts/Reports'
import { useSession } from '../session'
import { Began, GradeTag, stateWords, useNames } from '../parts/Words'
import { minutes, second } from '../time'

export function Incident() {
  const { id = '' } = useParams()
  const asked = useQuery(incident(id))
  const detail = asked.data?.incident.id === id ? asked.data : undefined
  return (
    <section>
      <Back />
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {detail !== undefined && <Shown detail={detail} />}
    </section>
  )
}

function Back() {
  const { t } = useT()
  const { session } = useSession()
  return session.role === 'department' ? <Link to="/todo">← {t('nav.todo')}</Link> : <Link to="/queue">← {t('nav.queue')}</Link>
}

function Shown({ detail }: { detail: Detail }) {
  const line = detail.incident
  const names = useNames(detail)
  // A case of working time that nobody was called to: what belongs to alarms would only stand empty.
  const asCase = detail.work != null && line.clocks.length === 0
  const seen = !asCase || line.alarms > 0 || detail.evidence.length > 0
  const more = (
    <>
      {!asCase && <WorkPanel detail={detail} />}
      <Plan detail={detail} />
      <ReportsUp detail={detail} />
      {(!asCase || detail.preview.length > 0) && <Preview detail={detail} names={names} />}
      {(!asCase || detail.calls.length > 0) && <Calls detail={detail} names={names} />}
      {(!asCase || detail.calls.length > 0) && <Proofs detail={detail} names={names} />}
      {(!asCase || detail.notices.length > 0) && <Notices detail={detail} names={names} />}
    </>
  )
  return (
    <>
      <Head detail={detail} names={names} />
      <StepsBar line={line} />
      <Waits detail={detail} organisation={names.organisation} />
      {/* A case of working time has no clocks of tiers: three idle ones would only stand in the way. */}
      {!asCase && (
        <div className="clocks big-clocks">
          {TIERS.map((tier) => (
            <ClockChip
              key={tier}
              big
              tier={tier}
              clock={line.clocks.find((one) => one.tier === tier)}
              confirmed={line.confirmed}
              open={isOpen(line)}
            />
          ))}
        </div>
      )}
      <Actions detail={detail} />
      <div className={asCase ? 'columns as-case' : 'columns'}>
        <div>
          {asCase && <WorkPanel detail={detail} />}
          {seen && <Picture detail={detail} />}
          <Reports detail={detail} names={names} />
          {seen && <Evidence detail={detail} names={names} />}
          {asCase && more}
        </div>
        {!asCase && <div>{more}</div>}
        <Log detail={detail} names={names} />
      </div>
    </>
  )
}

function Head({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  const { incident: line, standing } = detail
  const waits = line.state === 'received' || line.state === 'reported'
  return (
    <>
      <div className="bar">
        <h1>
          {t(`kind.${line.kind}`)} · {line.grid_name}
        </h1>
        <GradeTag grade={line.grade} proposed={waits} />
        {line.drill && <Tag color="purple">{t('queue.drill')}</Tag>}
        <span className={waits ? 'state-waits' : 'state'}>{stateWords(line, t)}</span>
      </div>
      <p className="quiet facts">
        {line.matter_name !== '' && <span>{line.matter_name}</span>}
        {line.device != null && <span>{names.device(line.device)}</span>}
        <span>{t(`source.${line.source}`)}</span>
        <span>
          <Began line={line} />
        </span>
        {line.confirmed != null && (
          <span>
            {t('incident.confirmedAt', {
              time: second(line.confirmed, names.now),
              basis: standing.confirmed_by == null ? '' : t(`basis.${standing.confirmed_by}`),
              delay: minutes(Date.parse(line.confirmed) - Date.parse(line.began)),
            })}
          </span>
        )}
        {standing.mode != null && <span>{t(`mode.${standing.mode}`)}</span>}
        {line.alarms > 0 && (
          <span>
            {standing.raised.length > 0
              ? t('incident.raised', { n: standing.raised.length })
              : t('incident.raised.none')}
          </span>
        )}
        {standing.place != null && (
          <span>
            {t('incident.place', {
              latitude: standing.place.latitude.toFixed(4),
              longitude: standing.place.longitude.toFixed(4),
            })}
          </span>
        )}
        {standing.merged_into != null && (
          <Link to={`/incidents/${standing.merged_into}`}>{t('incident.mergedInto')}</Link>
        )}
      </p>
    </>
  )
}
