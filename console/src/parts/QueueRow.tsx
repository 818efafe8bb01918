/** One incident of the queue in one line. */
import { Button, Tag } from 'antd'
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'

import { commands } from '../api/commands'
import { isOpen, type Line, TIERS } from '../api/types'
import { type Translate, useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute, minutes, second } from '../time'
import { leftWords } from '../town/left'
import { ClockChip } from './ClockChip'
import { useCommand } from './useCommand'
import { Began, GradeTag, stateWords, useDeviceName } from './Words'

export function QueueRow({ line, chosen, onChoose }: { line: Line; chosen: boolean; onChoose: () => void }) {
  const { t } = useT()
  const nameOf = useDeviceName()
  const { session } = useSession()
  const command = useCommand(line.id)
  const row = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (chosen) row.current?.scrollIntoView({ block: 'nearest' })
  }, [chosen])
  const waits = line.state === 'received' || line.state === 'reported'
  return (
    <div
      ref={row}
      role="listitem"
      aria-current={chosen}
      data-incident={line.id}
      className={`row grade-${line.grade} ${waits ? 'waits' : ''} ${chosen ? 'chosen' : ''}`}
      onClick={onChoose}
    >
      <div className="row-picture">
        {line.picture == null ? (
          t('incident.picture.none')
        ) : (
          <img src={`/api/pictures/${line.picture}`} alt="" loading="lazy" />
        )}
      </div>
      <div className="row-what">
        <Link to={`/incidents/${line.id}`} className="row-title">
          <strong>{t(`kind.${line.kind}`)}</strong> {line.grid_name}
        </Link>
        <span className="quiet">
          {line.matter_name !== '' && `${line.matter_name} · `}
          {line.device == null ? t(`source.${line.source}`) : nameOf(line.device)}
          {line.alarms > 1 && ` · ${t('queue.alarms', { n: line.alarms })}`}
          {line.reports > 0 && ` · ${t('queue.reports', { n: line.reports })}`}
        </span>
      </div>
      <div className="row-tags">
        <GradeTag grade={line.grade} proposed={waits} />
        {line.drill && <Tag color="purple">{t('queue.drill')}</Tag>}
        {line.beyond && <span className="mark warn">{t('case.beyond')}</span>}
        <span className={waits ? 'state-waits' : 'quiet'}>{stateWords(line, t)}</span>
      </div>
      <div className="row-when quiet">
        <Began line={line} />
        <Waiting line={line} t={t} />
      </div>
      {line.stage != null && line.clocks.length === 0 ? (
        <CaseLine line={line} />
      ) : (
        <div className="clocks">
          {TIERS.map((tier) => (
            <ClockChip
              key={tier}
              tier={tier}
              clock={line.clocks.find((one) => one.tier === tier)}
              confirmed={line.confirmed}
              open={isOpen(line)}
            />
          ))}
        </div>
      )}
      <div className="row-do">
        {line.state === 'received' && session.role === 'operator' ? (
          <Button
            type="primary"
            danger
            size="large"
            loading={command.isPending}
            onClick={(event) => {
              event.stopPropagation()
              command.mutate(() => commands.confirm(line.id))
            }}
          >
            {t('do.confirm')}
          </Button>
        ) : (
          <Link to={`/incidents/${line.id}`}>{t('do.open')}</Link>
        )}
      </div>
    </div>
  )
}

/** Who deals with a case, and how long its stage has left. */
export function CaseLine({ line }: { line: Line }) {
  const { t } = useT()
  const now = useNow()
  const late = line.stage_due != null && Date.parse(line.stage_due) <= now
  return (
    <div className="case-line">
      <span className="quiet">{line.lead_name || (line.lead ?? t('case.lead.none'))}</span>
      {line.stage != null && <span>{t('case.stage.now', { stage: t(`stage.${line.stage}`) })}</span>}
      {line.stage_due == null ? (
        <span className="quiet">{t('case.due.none')}</span>
      ) : (
        <strong className={late ? 'tone-missed' : ''}>
          {leftWords(line.stage_due, null, now, t)} <time className="quiet mono">{minute(line.stage_due, now)}</time>
        </strong>
      )}
    </div>
  )
}

/** How long it waits for confirmation, or when it was confirmed. */
function Waiting({ line, t }: { line: Line; t: Translate }) {
  const now = useNow()
  if (line.state === 'received' || line.state === 'reported') {
    const waited = now - Date.parse(line.opened)
    return (
      <span className={waited > 60_000 ? 'waited long' : 'waited'}>{t('queue.waits', { time: minutes(waited) })}</span>
    )
  }
  if (line.ended != null) return <span>{t('queue.endedAt', { time: second(line.ended, now) })}</span>
  return line.confirmed == null ? null : <span>{t('queue.confirmedAt', { time: second(line.confirmed, now) })}</span>
}
