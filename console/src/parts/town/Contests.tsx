/** The quarter's contest (擂台赛): grids of a class by what their members reached. */
import { useQuery } from '@tanstack/react-query'
import { Button, Popconfirm, Spin, Table } from 'antd'
import { useState } from 'react'

import { type Contest, contests, oversightActs } from '../../api/oversight'
import { useT } from '../../i18n'
import { serverNow, useNow } from '../../serverClock'
import { useSession } from '../../session'
import { minute } from '../../time'
import { localDay, nameOf, shifted } from '../../town/periods'
import { Panel } from '../Panel'
import { Problem } from '../Problem'
import { stacked } from '../stacked'
import { useAct } from '../useCommand'
import { useGridName } from '../Words'
import { GridPicker } from './pickers'

type Standing = Contest['items'][number]

export function Contests() {
  const { t } = useT()
  const { session } = useSession()
  const now = useNow()
  const gridName = useGridName()
  const asked = useQuery(contests)
  const [grid, setGrid] = useState<string>()
  const { busy, act } = useAct(['contests'])
  const quarter = nameOf('quarter', shifted('quarter', localDay(serverNow()), -1))
  const items = asked.data?.items ?? []
  return (
    <>
      <p className="quiet">{t('contest.hint')}</p>
      {session.role === 'administrator' && (
        <div className="bar filters">
          <span className="duty-grid">
            <GridPicker aria-label={t('report.grid')} {...(grid !== undefined && { value: grid })} onChange={setGrid} />
          </span>
          <Popconfirm
            title={t('contest.fix.sure', { quarter })}
            okText={t('contest.fix', { quarter })}
            cancelText={t('do.cancel')}
            disabled={grid === undefined}
            onConfirm={() => act(() => oversightActs.contest(grid ?? '', quarter))}
          >
            <Button type="primary" loading={busy} disabled={grid === undefined}>{t('contest.fix', { quarter })}</Button>
          </Popconfirm>
        </div>
      )}
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <p className="quiet">{t('contest.none')}</p>}
      {items.map((one) => (
        <Panel key={one.id} title={`${one.quarter} · ${gridName(one.grid)}`} extra={<span className="quiet">{t('contest.fixed', { at: minute(one.fixed, now) })}</span>}>
          <Table<Standing>
            size="small"
            rowKey="grid"
            dataSource={one.items}
            className="stack"
            pagination={{ pageSize: 20, hideOnSinglePage: true }}
            columns={stacked([
              { title: t('grid.class'), render: (_, each) => each.class || t('score.class.none') },
              { title: t('score.rank'), render: (_, each) => <strong className="mono">{each.rank === 1 ? t('contest.first') : each.rank}</strong> },
              { title: t('nav.grids'), render: (_, each) => each.grid_name || each.grid },
              { title: t('score.total'), render: (_, each) => <span className="mono">{each.total.toFixed(2)}</span> },
            ])}
          />
        </Panel>
      ))}
    </>
  )
}
