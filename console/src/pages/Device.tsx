/** One device: newest readings, the last hour as a curve, last pictures. */
import { useQuery } from '@tanstack/react-query'
import { Link, useParams } from 'react-router'

import { devices, latest, pictures, series } from '../api/queries'
import type { Latest } from '../api/types'
import { say, useT } from '../i18n'
import { Chart, unitOf } from '../parts/Chart'
import { Panel } from '../parts/Panel'
import { Problem } from '../parts/Problem'
import { SignOfLife } from '../parts/SignOfLife'
import { short, useGridName } from '../parts/Words'
import { useNow } from '../serverClock'
import { second } from '../time'

export function Device() {
  const { id = '' } = useParams()
  const { t } = useT()
  const gridName = useGridName()
  const { data: all } = useQuery(devices)
  const device = all?.items.find((one) => one.id === id)
  const asked = useQuery(latest(id))
  return (
    <section aria-label={id}>
      <Link to="/devices">← {t('devices.title')}</Link>
      <div className="bar">
        <h1>{device?.name ?? id}</h1>
        {device && <span className="quiet">{gridName(device.grid)}</span>}
        {device && <SignOfLife at={device.last_seen} button={device.kind === 'button'} />}
        <span className="quiet">{id}</span>
      </div>
      {device?.fault != null && <p className="tone-missed">{device.fault}</p>}
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {device?.kind === 'camera' ? (
        <Pictures camera={id} />
      ) : (
        (asked.data?.items ?? []).map((one) => <Stream key={one.stream} newest={one} />)
      )}
    </section>
  )
}

function Stream({ newest }: { newest: Latest }) {
  const { t } = useT()
  const now = useNow()
  const asked = useQuery(series(newest.stream))
  const name = newest.stream.split('/').at(-1) ?? newest.stream
  return (
    <Panel title={say(t, 'quantity', name)} extra={<span className="quiet">{t('device.hour')}</span>}>
      <p>
        <span className="value">{newest.value == null ? (newest.text ?? '—') : short(newest.value)}</span>{' '}
        {unitOf(newest.unit)}{' '}
        <span className="quiet">
          {t('device.observed')} {second(newest.observed, now)}
        </span>{' '}
        <span className={newest.quality === 0 ? 'quiet' : 'tone-late'}>
          {t(newest.quality === 0 ? 'device.quality.good' : 'device.quality.bad')}
        </span>
      </p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.data && <Chart points={asked.data.points} unit={asked.data.unit} />}
    </Panel>
  )
}

function Pictures({ camera }: { camera: string }) {
  const { t } = useT()
  const now = useNow()
  const { data } = useQuery(pictures(camera))
  return (
    <Panel title={t('device.pictures')}>
      {data?.items.length === 0 && <p className="quiet">{t('device.pictures.none')}</p>}
      <div className="cameras">
        {data?.items.map((one) => (
          <figure key={one.sha256} className="camera">
            {one.complete ? (
              <img src={`/api/pictures/${one.sha256}`} alt="" loading="lazy" />
            ) : (
              <span className="camera-none quiet">{t('device.waiting')}</span>
            )}
            <figcaption className="mono">{second(one.observed, now)}</figcaption>
          </figure>
        ))}
      </div>
    </Panel>
  )
}
