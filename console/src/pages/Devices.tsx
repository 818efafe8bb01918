/** Boxes, cameras, sensors: the age of the last sign of life, what waits, what is wrong. */
import { useQuery } from '@tanstack/react-query'
import { Table, Tag } from 'antd'
import { Link } from 'react-router'

import { collectors, devices } from '../api/queries'
import type { Collector, Device } from '../api/types'
import { say, useT } from '../i18n'
import { CameraTile } from '../parts/CameraTile'
import { Problem } from '../parts/Problem'
import { SignOfLife } from '../parts/SignOfLife'
import { ago, useGridName } from '../parts/Words'
import { useNow } from '../serverClock'

export function Devices() {
  const { t } = useT()
  const boxes = useQuery(collectors)
  const things = useQuery(devices)
  const items = things.data?.items ?? []
  return (
    <section aria-label={t('devices.title')}>
      <Problem error={boxes.error ?? things.error} onRetry={() => void boxes.refetch()} />
      <h1>{t('devices.collectors')}</h1>
      <Boxes items={boxes.data?.items ?? []} loading={boxes.isPending} />
      <h1>{t('devices.cameras')}</h1>
      <div className="cameras">
        {items
          .filter((one) => one.kind === 'camera')
          .map((one) => (
            <CameraTile key={one.id} camera={one} />
          ))}
      </div>
      <h1>{t('devices.sensors')}</h1>
      <Sensors items={items.filter((one) => one.kind !== 'camera')} loading={things.isPending} />
    </section>
  )
}

function Boxes({ items, loading }: { items: Collector[]; loading: boolean }) {
  const { t } = useT()
  const now = useNow()
  const gridName = useGridName()
  return (
    <Table<Collector>
      size="middle"
      rowKey="id"
      loading={loading}
      dataSource={items}
      pagination={false}
      scroll={{ x: 'max-content' }}
      columns={[
        {
          title: t('devices.name'),
          render: (_, one) => (
            <>
              <strong>{one.name}</strong> <span className="quiet">{one.id}</span>
            </>
          ),
        },
        { title: t('devices.place'), render: (_, one) => gridName(one.grid) },
        {
          title: t('devices.link'),
          render: (_, one) => (
            <Tag color={one.link === 'online' ? 'green' : 'red'}>
              {one.link == null ? t('devices.never') : t(`link.${one.link}`)}
            </Tag>
          ),
        },
        { title: t('devices.sign'), render: (_, one) => <SignOfLife at={one.last_heartbeat} silentAfterMs={90_000} /> },
        {
          title: t('devices.outbox'),
          render: (_, one) =>
            one.outbox_depth === 0 || one.outbox_oldest == null
              ? t('devices.outbox.empty')
              : t('devices.outbox.oldest', {
                  n: one.outbox_depth,
                  age: ago(now - Date.parse(one.outbox_oldest), t),
                }),
        },
        {
          title: t('devices.clock'),
          render: (_, one) => (
            <span className={one.clock === 'synced' ? '' : 'tone-late'}>
              {say(t, 'clock', one.clock)}
              {one.clock_offset_seconds != null &&
                Math.abs(one.clock_offset_seconds) >= 0.5 &&
                ` · ${t('devices.clock.offset', { seconds: one.clock_offset_seconds.toFixed(1) })}`}
            </span>
          ),
        },
        { title: t('devices.disk'), render: (_, one) => `${(one.disk_free_bytes / 1e9).toFixed(1)} GB` },
        {
          title: t('devices.lost'),
          render: (_, one) => (
            <span className={one.lost > 0 ? 'tone-missed' : ''}>{t('devices.lost.n', { n: one.lost })}</span>
          ),
        },
        {
          title: t('devices.quarantined'),
          render: (_, one) => <span className={one.quarantined > 0 ? 'tone-late' : ''}>{one.quarantined}</span>,
        },
        { title: t('devices.software'), render: (_, one) => <span className="quiet">{one.software}</span> },
      ]}
    />
  )
}

function Sensors({ items, loading }: { items: Device[]; loading: boolean }) {
  const { t } = useT()
  const gridName = useGridName()
  return (
    <Table<Device>
      size="small"
      rowKey="id"
      loading={loading}
      dataSource={items}
      pagination={{ pageSize: 50, hideOnSinglePage: true }}
      scroll={{ x: 'max-content' }}
      columns={[
        {
          title: t('devices.name'),
          render: (_, one) => <Link to={`/devices/${encodeURIComponent(one.id)}`}>{one.name}</Link>,
        },
        { title: t('alarms.kind'), render: (_, one) => say(t, 'devicekind', one.kind) },
        { title: t('devices.place'), render: (_, one) => gridName(one.grid) },
        {
          title: t('devices.sign'),
          render: (_, one) =>
            one.kind === 'button' ? <SignOfLife at={one.last_seen} button /> : <SignOfLife at={one.last_seen} silentAfterMs={120_000} />,
        },
        {
          title: t('devices.fault'),
          render: (_, one) =>
            one.fault == null ? (
              <span className="quiet">{t('devices.faultless')}</span>
            ) : (
              <span className="tone-missed">{one.fault}</span>
            ),
        },
      ]}
    />
  )
}
