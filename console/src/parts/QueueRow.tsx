/** One incident of the queue in one line. */
import { Button, Tag } from 'antd'
import { useEffect, useRef } from 'react'
import { Link } from 'react-router'

import { commands } from '../api/commands'
import { isOpen, type Line, TIERS } from '../api/types'
import { type Translate, useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minutes, second } from '../time'
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
  const waits = line.state === 'received'
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
          {line.device == null ? t('queue.byHand') : nameOf(line.device)}
          {line.alarms > 1 && ` · ${t('queue.alarms', { n: line.alarms })}`}
          {line.reports > 0 && ` · ${t('queue.reports', { n: line.reports })}`}
        </span>
      </div>
      <div className="row-tags">
        <GradeTag grade={line.grade} proposed={waits} />
        {line.drill && <Tag color="purple">{t('queue.drill')}</Tag>}
        <span className={waits ? 'state-waits' : 'quiet'}>{stateWords(line, t)}</span>
      </div>
      <div className="row-when quiet">
        <Began line={line} />
        <Waiting line={line} t={t} />
      </div>
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
      <div className="row-do">
        {waits && session.role === 'operator' ? (
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

/** How long it waits for confirmation, or when it was confirmed. */
function Waiting({ line, t }: { line: Line; t: Translate }) {
  const now = useNow()
  if (line.state === 'received') {
    const waited = now - Date.parse(line.opened)
    return (
      <span className={waited > 60_000 ? 'waited long' : 'waited'}>{t('queue.waits', { time: minutes(waited) })}</span>
    )
  }
  if (line.ended != null) return <span>{t('queue.endedAt', { time: second(line.ended, now) })}</span>
  return line.confirmed == null ? null : <span>{t('queue.confirmedAt', { time: second(line.confirmed, now) })}</span>
}
