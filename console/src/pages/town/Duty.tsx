/** Who is on duty when, place by place; where nobody is stands on top, in red, with what to do. */
import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Popconfirm, Space, Spin } from 'antd'
import { useState } from 'react'

import { coverage, peopleActs, type Shift, shifts } from '../../api/people'
import { useT } from '../../i18n'
import { Panel } from '../../parts/Panel'
import { Problem } from '../../parts/Problem'
import { CoverageFaults } from '../../parts/town/CoverageFaults'
import { GridPicker } from '../../parts/town/pickers'
import { Rosters } from '../../parts/town/Rosters'
import { ShiftDialog } from '../../parts/town/ShiftDialog'
import { useAct } from '../../parts/useCommand'
import { serverNow } from '../../serverClock'
import { useSession } from '../../session'
import { board, weekFrom } from '../../town/board'
import { firstDay, localDay, midnight, shifted } from '../../town/periods'

export function Duty() {
  const { t } = useT()
  const { session } = useSession()
  const [grid, setGrid] = useState<string>()
  const today = localDay(serverNow())
  const [monday, setMonday] = useState(firstDay('week', today))
  const [adding, setAdding] = useState(false)
  const span = {
    grid,
    since: new Date(midnight(monday)).toISOString(),
    until: new Date(midnight(shifted('week', monday, 1))).toISOString(),
  }
  const asked = useQuery(shifts(span))
  // What is past cannot be mended: gaps are asked for from this hour on.
  const hour = Math.floor(serverNow() / 3_600_000) * 3_600_000
  const ahead = { ...span, since: new Date(Math.max(hour, midnight(monday))).toISOString() }
  const covered = useQuery({ ...coverage(ahead), enabled: ahead.since < ahead.until })
  const keeps = session.role === 'administrator' || session.role === 'operator'
  const places = board(asked.data?.items ?? [], monday)
  return (
    <section aria-label={t('nav.duty')}>
      <div className="bar">
        <h1>{t('nav.duty')}</h1>
        <Space.Compact>
          <Button aria-label={t('duty.week.before')} onClick={() => setMonday(shifted('week', monday, -1))}>‹</Button>
          <Button className="mono" onClick={() => setMonday(firstDay('week', today))}>
            {monday.slice(5)} – {shifted('day', monday, 6).slice(5)}
          </Button>
          <Button aria-label={t('duty.week.after')} onClick={() => setMonday(shifted('week', monday, 1))}>›</Button>
        </Space.Compact>
        <span className="duty-grid">
          <GridPicker clearable aria-label={t('report.grid')} placeholder={t('duty.grid.all')} {...(grid !== undefined && { value: grid })} onChange={(value?: string) => setGrid(value)} />
        </span>
        {keeps && <Button onClick={() => setAdding(true)}>{t('duty.add')}</Button>}
      </div>
      <Problem error={covered.error} onRetry={() => void covered.refetch()} />
      {covered.data !== undefined && ahead.since < ahead.until && <CoverageFaults found={covered.data} />}
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && places.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('duty.none')} />}
      {places.length > 0 && (
        <Panel title={t('duty.board')}>
          <div className="board-scroll">
            <table className="board">
              <thead>
                <tr>
                  <th scope="col">{t('nav.grids')}</th>
                  {weekFrom(monday).map((day, place) => (
                    <th key={day} scope="col" className={day === today ? 'today' : ''}>
                      {t(`weekday.${(place + 1) as 1}`)} <span className="quiet mono">{day.slice(5)}</span>
                    </th>
                  ))}
                </tr>
              </thead>
              <tbody>
                {places.map((place) => (
                  <tr key={place.grid}>
                    <th scope="row">{place.name || place.grid}</th>
                    {place.days.map((stints, day) => (
                      <td key={day} data-day={t(`weekday.${(day + 1) as 1}`)} className={stints.length === 0 ? 'nobody' : ''}>
                        {stints.length === 0 && <span className="quiet">{t('duty.nobody')}</span>}
                        {stints.map((one) => (
                          <div key={`${one.shift.person} ${one.shift.since}`}>
                            {one.shift.person_name || one.shift.person}{' '}
                            <span className="quiet mono">
                              {one.from === '' && one.to === '' ? t('duty.whole') : `${one.from || '00:00'}–${one.to || '24:00'}`}
                            </span>
                            {keeps && one.shift.roster == null && <EndShift shift={one.shift} />}
                          </div>
                        ))}
                      </td>
                    ))}
                  </tr>
                ))}
              </tbody>
            </table>
          </div>
          {(asked.data?.items.length ?? 0) >= 1000 && <p className="quiet">{t('list.cut')}</p>}
        </Panel>
      )}
      <Rosters grid={grid} />
      {adding && <ShiftDialog grid={grid} onDone={() => setAdding(false)} />}
    </section>
  )
}

function EndShift({ shift }: { shift: Shift }) {
  const { t } = useT()
  const { act } = useAct(['duty'])
  return (
    <Popconfirm title={t('duty.end.sure')} okText={t('duty.end')} cancelText={t('do.cancel')} onConfirm={() => act(() => peopleActs.endShift(shift))}>
      <button type="button" className="number end-shift" aria-label={t('duty.end')}>✕</button>
    </Popconfirm>
  )
}
