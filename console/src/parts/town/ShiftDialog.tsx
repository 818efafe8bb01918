/** A shift by hand: somebody is on duty for a place from when to when. */
import { DatePicker, Form, Modal } from 'antd'
import dayjs, { type Dayjs } from 'dayjs'

import { peopleActs } from '../../api/people'
import { useT } from '../../i18n'
import { serverNow } from '../../serverClock'
import { useAct } from '../useCommand'
import { GridPicker, PersonPicker } from './pickers'

interface Values {
  person: string
  grid: string
  since: Dayjs
  until?: Dayjs | null
}

export function ShiftDialog({ grid, onDone }: { grid: string | undefined; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['duty'], onDone)
  const save = ({ person, grid: place, since, until }: Values) =>
    act(() => peopleActs.addShift({ person, grid: place, since: since.toISOString(), until: until?.toISOString() ?? null }))
  return (
    <Modal open title={t('duty.add')} okText={t('duty.add.do')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values> form={form} layout="vertical" requiredMark={false} initialValues={{ since: dayjs(serverNow()), ...(grid !== undefined && { grid }) }} onFinish={save}>
        <Form.Item name="person" label={t('duty.person')} rules={[{ required: true, message: t('duty.person.missing') }]}>
          <PersonPicker />
        </Form.Item>
        <Form.Item name="grid" label={t('duty.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <div className="pair-fields">
          <Form.Item name="since" label={t('maintenance.since')} rules={[{ required: true, message: t('move.until.missing') }]}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" />
          </Form.Item>
          <Form.Item name="until" label={t('maintenance.until')} extra={t('duty.until.hint')}>
            <DatePicker showTime={{ format: 'HH:mm' }} format="MM-DD HH:mm" />
          </Form.Item>
        </div>
      </Form>
    </Modal>
  )
}
