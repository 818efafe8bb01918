/** People: who answers where, in what role, from when to when, and by what they can be reached. */
import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Input, Spin, Table } from 'antd'
import { useState } from 'react'

import { type Appointment, PEOPLE_MOST, type Staff, staff } from '../../api/people'
import { sheets } from '../../api/town'
import { type Translate, useT } from '../../i18n'
import { Problem } from '../../parts/Problem'
import { stacked } from '../../parts/stacked'
import { PersonDialog } from '../../parts/town/PersonDialog'
import { PersonDrawer } from '../../parts/town/PersonDrawer'
import { SheetImport } from '../../parts/town/SheetImport'
import { useSession } from '../../session'

export function People() {
  const { t } = useT()
  const { session } = useSession()
  const [search, setSearch] = useState('')
  const [asking, setAsking] = useState('')
  const asked = useQuery(staff(asking))
  const [shown, setShown] = useState<string | null>(null)
  const [adding, setAdding] = useState(false)
  const [bringing, setBringing] = useState(false)
  const items = asked.data?.items ?? []
  const adm = session.role === 'administrator'
  return (
    <section aria-label={t('nav.people')}>
      <div className="bar">
        <h1>{t('nav.people')}</h1>
        <Input.Search
          allowClear
          placeholder={t('people.search')}
          value={search}
          onChange={(event) => {
            setSearch(event.target.value)
            if (event.target.value === '') setAsking('')
          }}
          onSearch={(value) => setAsking(value.trim())}
          style={{ maxWidth: 280 }}
        />
        {adm && <Button type="primary" onClick={() => setAdding(true)}>{t('people.add')}</Button>}
        {adm && <Button onClick={() => setBringing(true)}>{t('grid.import')}</Button>}
        <a href="/api/people/export.csv">{t('grid.export.csv')}</a>
      </div>
      <p className="quiet">{t('people.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && (
        <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t(asking === '' ? 'people.none' : 'people.none.like')} />
      )}
      {items.length > 0 && (
        <Table<Staff>
          size="small"
          rowKey="id"
          dataSource={items}
          className="stack"
          scroll={{ x: 'max-content' }}
          pagination={{ pageSize: 50, hideOnSinglePage: true, showSizeChanger: false }}
          columns={stacked([
            {
              title: t('people.name'),
              render: (_, one) => (
                <button type="button" className="number" onClick={() => setShown(one.id)}>{one.name}</button>
              ),
            },
            {
              title: t('people.appointments'),
              render: (_, one) =>
                one.appointments.length === 0 ? (
                  <span className="tone-late">{t('people.appointments.none')}</span>
                ) : (
                  <span className="wrap">{one.appointments.map((each) => appointmentWords(each, t)).join(t('list.comma'))}</span>
                ),
            },
            {
              title: t('people.full'),
              render: (_, one) => [...new Set(one.appointments.map((each) => t(each.full_time ? 'people.full.yes' : 'people.full.no')))].join(t('list.comma')) || '—',
            },
            {
              title: t('people.channels'),
              render: (_, one) =>
                one.channels.length === 0 ? (
                  <strong className="tone-missed">{t('people.channels.none')}</strong>
                ) : (
                  one.channels.map((each) => t(`channel.${each}`)).join(t('list.comma'))
                ),
            },
          ])}
        />
      )}
      {items.length === PEOPLE_MOST && <p className="quiet">{t('list.cut')}</p>}
      {shown !== null && <PersonDrawer id={shown} onDone={() => setShown(null)} />}
      {bringing && (
        <SheetImport title={t('import.people')} hint={t('import.people.hint')} example="/api/people/export.csv" nouns={['people', 'duty', 'grids']} bring={sheets.people} onDone={() => setBringing(false)} />
      )}
      {adding && <PersonDialog one={null} onDone={() => setAdding(false)} />}
    </section>
  )
}

/** "石桥村网格员" */
export function appointmentWords(one: Appointment, t: Translate): string {
  const role = t(`appointment.${one.role}`)
  return one.organisation_name === '' ? `${one.grid_name} ${role}` : `${one.grid_name} ${one.organisation_name} ${role}`
}
