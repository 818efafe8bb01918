/** One person: appointments with their time, how to reach them, and changes to both. */
import { useMutation, useQuery } from '@tanstack/react-query'
import { App, Button, Checkbox, DatePicker, Drawer, Form, Input, InputNumber, Modal, Popconfirm, Select, Spin } from 'antd'
import type { Dayjs } from 'dayjs'
import { useState } from 'react'

import { errorSentence } from '../../api/errors'
import { APPOINTMENT_ROLES, type AppointmentRole, peopleActs, person as asked, type Staff } from '../../api/people'
import { type Tier, TIERS } from '../../api/types'
import { useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { localDay } from '../../town/periods'
import { Problem } from '../Problem'
import { useAct } from '../useCommand'
import { PersonDialog } from './PersonDialog'
import { GridPicker, OrganisationPicker } from './pickers'

export function PersonDrawer({ id, onDone }: { id: string; onDone: () => void }) {
  const { t } = useT()
  const { session } = useSession()
  const one = useQuery(asked(id))
  const found = one.data
  const [dialog, setDialog] = useState<'appoint' | 'edit' | null>(null)
  const adm = session.role === 'administrator'
  return (
    <Drawer open size={520} title={found?.name ?? ''} onClose={onDone} extra={adm && found !== undefined && <Button size="small" onClick={() => setDialog('edit')}>{t('do.edit')}</Button>}>
      <Problem error={one.error} onRetry={() => void one.refetch()} />
      {one.isPending && <Spin />}
      {found !== undefined && (
        <>
          <Appointments found={found} adm={adm} />
          {adm && <Button onClick={() => setDialog('appoint')}>{t('appoint.add')}</Button>}
          <h2>{t('people.channels')}</h2>
          <p>
            {found.channels.length === 0 ? (
              <strong className="tone-missed">{t('people.channels.todo')}</strong>
            ) : (
              found.channels.map((each) => t(`channel.${each}`)).join(t('list.comma'))
            )}
          </p>
          {adm && found.channels.length > 0 && <Numbers id={id} />}
          {dialog === 'appoint' && <AppointDialog found={found} onDone={() => setDialog(null)} />}
          {dialog === 'edit' && <PersonDialog one={found} onDone={() => setDialog(null)} />}
        </>
      )}
    </Drawer>
  )
}

function Appointments({ found, adm }: { found: Staff; adm: boolean }) {
  const { t } = useT()
  const now = useNow()
  const { act } = useAct(['people', 'duty'])
  if (found.appointments.length === 0) return <p className="tone-late">{t('people.appointments.none')}</p>
  return (
    <ul className="plain">
      {found.appointments.map((one) => (
        <li key={one.id}>
          <strong>
            {one.grid_name} {t(`appointment.${one.role}`)}
          </strong>{' '}
          <span className="mark">{t(one.full_time ? 'people.full.yes' : 'people.full.no')}</span>
          {one.supervisor && <span className="mark">{t('appoint.supervisor')}</span>}
          {one.tier != null && <span className="mark">{t('appoint.called', { tier: t(`tier.${one.tier}`) })}</span>}
          <div className="quiet">
            {one.organisation_name !== '' && `${one.organisation_name} · `}
            {t('appoint.span', { since: localDay(Date.parse(one.since)), until: one.until == null ? t('appoint.open') : localDay(Date.parse(one.until)) })}
            {Date.parse(one.since) > now && ` · ${t('appoint.soon')}`}
          </div>
          {adm && (
            <Popconfirm title={t('appoint.end.sure')} okText={t('appoint.end')} cancelText={t('do.cancel')} onConfirm={() => act(() => peopleActs.dismiss(one.id))}>
              <Button size="small">{t('appoint.end')}</Button>
            </Popconfirm>
          )}
        </li>
      ))}
    </ul>
  )
}

/** Numbers are shown to who says why, and that is noted. */
function Numbers({ id }: { id: string }) {
  const { t } = useT()
  const { message } = App.useApp()
  const [reason, setReason] = useState('')
  const read = useMutation({
    mutationFn: () => peopleActs.contacts(id, reason.trim()),
    onError: (error) => void message.error(errorSentence(error, t), 6),
  })
  if (read.data !== undefined) {
    return (
      <ul className="plain">
        {read.data.items.map((one, place) => (
          <li key={place}>
            {t(`channel.${one.channel}`)} <span className="mono">{one.address}</span>
          </li>
        ))}
      </ul>
    )
  }
  return (
    <div>
      <p className="quiet">{t('people.numbers.hint')}</p>
      <Input.Search
        aria-label={t('people.numbers.why')}
        placeholder={t('people.numbers.why')}
        maxLength={500}
        value={reason}
        onChange={(event) => setReason(event.target.value)}
        enterButton={t('people.numbers')}
        loading={read.isPending}
        onSearch={() => reason.trim() !== '' && read.mutate()}
      />
    </div>
  )
}

interface Values {
  grid: string
  role: AppointmentRole
  full_time: boolean
  supervisor: boolean
  tier?: Tier | null
  organisation?: string
  order: number
  since?: Dayjs | null
  until?: Dayjs | null
}

function AppointDialog({ found, onDone }: { found: Staff; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['people', 'duty', 'grids'], onDone)
  const save = ({ grid, role, full_time, supervisor, tier, organisation, order, since, until }: Values) =>
    act(() =>
      peopleActs.appoint({
        person: found.id,
        grid,
        role,
        full_time,
        supervisor,
        order,
        tier: tier ?? null,
        organisation: organisation ?? null,
        since: since?.toISOString() ?? null,
        until: until?.toISOString() ?? null,
      }),
    )
  return (
    <Modal open title={t('appoint.title', { name: found.name })} okText={t('appoint.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ grid: found.grid, role: 'grid_member', full_time: true, supervisor: false, order: 1 }}
        onFinish={save}
      >
        <Form.Item name="grid" label={t('appoint.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="role" label={t('appoint.role')}>
            <Select options={APPOINTMENT_ROLES.map((role) => ({ value: role, label: t(`appointment.${role}`) }))} />
          </Form.Item>
          <Form.Item name="tier" label={t('appoint.tier')} extra={t('appoint.tier.hint')}>
            <Select allowClear options={TIERS.map((tier) => ({ value: tier, label: t(`tier.${tier}`) }))} />
          </Form.Item>
        </div>
        <Form.Item name="organisation" label={t('appoint.organisation')}>
          <OrganisationPicker clearable />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="since" label={t('appoint.since')} extra={t('appoint.since.hint')}>
            <DatePicker style={{ width: '100%' }} />
          </Form.Item>
          <Form.Item name="until" label={t('appoint.until')} extra={t('appoint.until.hint')}>
            <DatePicker style={{ width: '100%' }} />
          </Form.Item>
        </div>
        <Form.Item name="order" label={t('appoint.order')}>
          <InputNumber min={1} max={1000} />
        </Form.Item>
        <Form.Item name="full_time" valuePropName="checked" noStyle>
          <Checkbox>{t('people.full.yes')}</Checkbox>
        </Form.Item>{' '}
        <Form.Item name="supervisor" valuePropName="checked" noStyle>
          <Checkbox>{t('appoint.supervisor.hint')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
