/** The incidents that a number counts, each with what a person said of it. */
import { useQuery } from '@tanstack/react-query'
import { Modal, Spin } from 'antd'
import { Link } from 'react-router'

import { type Behind as Wanted, behind } from '../api/quality'
import type { Truth } from '../api/types'
import { useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { minute } from '../time'
import { Problem } from './Problem'
import { useDeviceName, useGridName } from './Words'

interface Props {
  title: string
  span: { since: string; until: string }
  wanted: Wanted
  onDone: () => void
}

export function TruthTag({ truth }: { truth: Truth }) {
  const { t } = useT()
  return <span className={`truth-tag truth-${truth}`}>{t(`truth.${truth}`)}</span>
}

export function Behind({ title, span, wanted, onDone }: Props) {
  const { t } = useT()
  const { session } = useSession()
  const now = useNow()
  const nameOf = useDeviceName()
  const gridName = useGridName()
  const asked = useQuery(behind(span, wanted))
  const items = asked.data?.items ?? []
  return (
    <Modal open width={720} title={title} footer={null} onCancel={onDone}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <p className="quiet">{t('behind.none')}</p>}
      <ul className="plain behind">
        {items.map((one) => {
          const words = `${t(`kind.${one.kind}`)} · ${gridName(one.grid)}`
          return (
            <li key={one.incident}>
              <TruthTag truth={one.judgement} />
              <time className="mono">{minute(one.began, now)}</time>
              {session.role === 'engineer' ? <strong>{words}</strong> : <Link to={`/incidents/${one.incident}`}>{words}</Link>}
              <span className="quiet">
                {one.devices.map(nameOf).join(t('list.comma')) || t('behind.reported')}
                {one.detectors.length > 0 && `（${one.detectors.join(t('list.comma'))}）`}
              </span>
            </li>
          )
        })}
      </ul>
    </Modal>
  )
}
