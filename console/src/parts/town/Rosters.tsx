/** Rosters: whose turn it is, what was changed, and changing it: a swap, an absence, an extra duty. */
import { useQuery } from '@tanstack/react-query'
import { Button, DatePicker, Form, Input, Modal, Popconfirm, Radio, Spin } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'
import { useState } from 'react'

import { CHANGE_KINDS, peopleActs, type Roster, type RosterChange, rosters, type Slot } from '../../api/people'
import { type Translate, useT } from '../../i18n'
import { serverNow } from '../../serverClock'
import { useSession } from '../../session'
import { localMinute } from '../../town/periods'
import { Panel } from '../Panel'
import { Problem } from '../Problem'
import { useAct } from '../useCommand'
import { usePersonName } from '../Words'
import { PersonPicker } from './pickers'
import { RosterDialog } from './RosterDialog'

export function Rosters({ grid }: { grid: string | undefined }) {
  const { t } = useT()
  const { session } = useSession()
  const asked = useQuery(rosters(grid))
  const [adding, setAdding] = useState(false)
  const adm = session.role === 'administrator'
  const items = asked.data?.items ?? []
  return (
    <Panel title={t('roster.title')} extra={adm && <Button size="small" type="primary" onClick={() => setAdding(true)}>{t('roster.add')}</Button>}>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.isPending && <Spin />}
      {asked.data !== undefined && items.length === 0 && <p className="quiet">{t('roster.none')}</p>}
      <ul className="plain">
        {items.map((one) => <One key={one.id} one={one} />)}
      </ul>
      {adding && <RosterDialog grid={grid} onDone={() => setAdding(false)} />}
    </Panel>
  )
}

function One({ one }: { one: Roster }) {
  const { t } = useT()
  const { session } = useSession()
  const nameOf = usePersonName()
  const { act } = useAct(['rosters', 'duty'])
  const [changing, setChanging] = useState(false)
  const keeps = session.role === 'administrator' || session.role === 'operator'
  return (
    <li>
      <div className="bar">
        <strong>{one.name}</strong>
        <span className="quiet">
          {one.grid_name || one.grid}
          {one.tier != null && ` · ${t(`tier.${one.tier}`)}`}
        </span>
        {keeps && <Button size="small" onClick={() => setChanging(true)}>{t('roster.change')}</Button>}
        {session.role === 'administrator' && (
          <Popconfirm title={t('roster.end.sure')} okText={t('roster.end')} cancelText={t('do.cancel')} onConfirm={() => act(() => peopleActs.endRoster(one.id))}>
            <Button size="small">{t('roster.end')}</Button>
          </Popconfirm>
        )}
      </div>
      <ul className="plain roster-slots">
        {one.slots.map((slot, place) => (
          <li key={place}>{slotWords(slot, t)}</li>
        ))}
      </ul>
      <p className="quiet">
        {one.groups.map((group) => `${group.name}${t('list.colon')}${group.people.map(nameOf).join(t('list.comma'))}`).join('；')}
      </p>
      {one.changes.length > 0 && (
        <ul className="plain">
          {one.changes.map((each) => (
            <li key={each.id} className="quiet">
              {t(`rosterchange.${each.kind}`)}
              {t('list.colon')}
              {nameOf(each.person)}
              {each.other != null && ` ⇄ ${nameOf(each.other)}`} <span className="mono">{localMinute(Date.parse(each.since))} – {localMinute(Date.parse(each.until))}</span> {each.reason}
            </li>
          ))}
        </ul>
      )}
      {one.written != null && <p className="quiet">{t('roster.written', { until: localMinute(Date.parse(one.written)) })}</p>}
      {changing && <ChangeDialog one={one} onDone={() => setChanging(false)} />}
    </li>
  )
}

/** "20:00–08:00，每天轮换：甲组、乙组、丙组" */
export function slotWords(slot: Slot, t: Translate): string {
  const days = [
    ...(slot.days ?? []).map((one) => t(`daykind.${one}`)),
    ...(slot.weekdays ?? []).map((one) => t(`weekday.${one as 1}`)),
  ].join(t('list.comma'))
  return t('roster.slot', {
    begins: slot.begins,
    ends: slot.ends,
    days: days === '' ? '' : t('list.brackets', { inside: days }),
    step: t(`step.turn.${slot.step ?? 'day'}`),
    order: slot.order.map((one) => one || t('roster.nobody')).join(t('list.comma')),
  })
}

interface Values {
  kind: RosterChange['kind']
  person: string
  other?: string
  span: [Dayjs, Dayjs]
  reason?: string
}

function ChangeDialog({ one, onDone }: { one: Roster; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const kind = Form.useWatch('kind', form)
  const { busy, act } = useAct(['rosters', 'duty'], onDone)
  const begin = dayjs(serverNow()).startOf('hour')
  const save = (values: Values) =>
    act(() =>
      peopleActs.changeRoster(one.id, {
        kind: values.kind,
        person: values.person,
        other: values.kind === 'extra' ? null : (values.other ?? null),
        since: values.span[0].toISOString(),
        until: values.span[1].toISOString(),
        reason: values.reason?.trim() ?? '',
      }),
    )
  return (
    <Modal open title={t('roster.change.title', { name: one.name })} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ kind: 'absence', span: [begin, begin.add(1, 'day')] }} onFinish={save}>
        <Form.Item name="kind">
          <Radio.Group optionType="button" options={CHANGE_KINDS.map((value) => ({ value, label: t(`rosterchange.${value}`) }))} />
        </Form.Item>
        <Form.Item name="person" label={t('roster.change.who')} rules={[{ required: true, message: t('duty.person.missing') }]}>
          <PersonPicker />
        </Form.Item>
        {kind !== 'extra' && (
          <Form.Item name="other" label={t(kind === 'swap' ? 'roster.change.with' : 'roster.change.stand')} rules={[{ required: kind === 'swap', message: t('duty.person.missing') }]}>
            <PersonPicker />
          </Form.Item>
        )}
        <Form.Item name="span" label={t('maintenance.span')} rules={[{ required: true, message: t('maintenance.span') }]}>
          <DatePicker.RangePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" allowClear={false} />
        </Form.Item>
        <Form.Item name="reason" label={t('do.reason')}>
          <Input maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
