/** A new member of staff, or what changed about one. */
import { Button, Checkbox, Form, Input, Modal, Select, Space } from 'antd'

import { peopleActs, type Staff } from '../../api/people'
import type { Channel } from '../../api/types'
import { useT } from '../../i18n'
import { useAct } from '../useCommand'
import { GridPicker } from './pickers'

const CHANNELS: readonly Channel[] = ['voice', 'sms', 'wecom_app', 'wecom_bot', 'dingtalk', 'feishu', 'smtp', 'webhook']

interface Values {
  name: string
  grid: string
  active: boolean
  contacts: { channel: Channel; address: string }[]
}

export function PersonDialog({ one, onDone }: { one: Staff | null; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['people', 'duty'], onDone)
  const save = ({ name, grid, active, contacts }: Values) => {
    // None given leaves the numbers as they are: they are not shown here.
    const given = contacts.length === 0 ? null : contacts.map((each) => ({ channel: each.channel, address: each.address.trim() }))
    const language = one?.language === 'en' ? ('en' as const) : ('zh' as const)
    const body = { name: name.trim(), grid, active, language, contacts: given }
    act(() => (one === null ? peopleActs.add(body) : peopleActs.save(one.id, body)))
  }
  return (
    <Modal open title={one === null ? t('people.add') : one.name} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={one === null ? { active: true, contacts: [] } : { name: one.name, grid: one.grid, active: one.active, contacts: [] }}
        onFinish={save}
      >
        <Form.Item name="name" label={t('people.name')} rules={[{ required: true, whitespace: true, message: t('people.name.missing') }]}>
          <Input maxLength={100} />
        </Form.Item>
        <Form.Item name="grid" label={t('people.grid')} rules={[{ required: true, message: t('report.grid.missing') }]}>
          <GridPicker />
        </Form.Item>
        <Form.Item label={t('people.contacts')} extra={one === null ? t('people.contacts.hint') : t('people.contacts.replace')}>
          <Form.List name="contacts">
            {(fields, { add, remove }) => (
              <Space orientation="vertical" style={{ width: '100%' }}>
                {fields.map((field) => (
                  <Space key={field.key} wrap>
                    <Form.Item name={[field.name, 'channel']} noStyle>
                      <Select style={{ width: 140 }} options={CHANNELS.map((each) => ({ value: each, label: t(`channel.${each}`) }))} />
                    </Form.Item>
                    <Form.Item name={[field.name, 'address']} noStyle rules={[{ required: true, whitespace: true, message: t('people.contacts.missing') }]}>
                      <Input maxLength={500} style={{ width: 220 }} aria-label={t('people.contacts')} />
                    </Form.Item>
                    <Button size="small" type="text" aria-label={t('do.remove')} onClick={() => remove(field.name)}>✕</Button>
                  </Space>
                ))}
                <Button size="small" onClick={() => add({ channel: 'voice', address: '' })}>{t('people.contacts.add')}</Button>
              </Space>
            )}
          </Form.List>
        </Form.Item>
        <Form.Item name="active" valuePropName="checked" noStyle>
          <Checkbox>{t('people.active')}</Checkbox>
        </Form.Item>
      </Form>
    </Modal>
  )
}
