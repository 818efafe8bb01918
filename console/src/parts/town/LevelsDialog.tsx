/** What the levels of a tree are called, and how many children each should have at most. */
import { useQuery } from '@tanstack/react-query'
import { Button, Form, Input, InputNumber, Modal, Space, Spin } from 'antd'

import { type GridLevel, gridLevels, townActs } from '../../api/town'
import { useT } from '../../i18n'
import { Problem } from '../Problem'
import { useAct } from '../useCommand'

interface Values {
  items: { name: string; name_en?: string; most?: number | null }[]
}

export function LevelsDialog({ root, onDone }: { root: string; onDone: () => void }) {
  const { t } = useT()
  const asked = useQuery(gridLevels)
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['grids'], onDone)
  const found = asked.data?.items.find((one) => one.root === root)?.items ?? []
  const first = found[0]?.level ?? 1
  const save = ({ items }: Values) =>
    act(() =>
      townActs.setLevels(
        root,
        items.map((one, place): GridLevel => ({ level: first + place, name: one.name.trim(), name_en: one.name_en?.trim() ?? '', most: one.most ?? null })),
      ),
    )
  return (
    <Modal open title={t('grid.levels')} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('grid.levels.hint')}</p>
      <Problem error={asked.error} onRetry={() => void asked.refetch()} />
      {asked.data === undefined ? (
        <Spin />
      ) : (
        <Form<Values> form={form} initialValues={{ items: found }} onFinish={save}>
          <Form.List name="items">
            {(fields, { add, remove }) => (
              <Space orientation="vertical" style={{ width: '100%' }}>
                {fields.map((field, place) => (
                  <Space key={field.key} wrap>
                    <span className="quiet mono">{first + place}</span>
                    <Form.Item name={[field.name, 'name']} noStyle rules={[{ required: true, message: t('org.name.missing') }]}>
                      <Input placeholder={t('grid.levels.name')} maxLength={40} style={{ width: 140 }} />
                    </Form.Item>
                    <Form.Item name={[field.name, 'name_en']} noStyle>
                      <Input placeholder={t('grid.levels.english')} maxLength={40} style={{ width: 130 }} />
                    </Form.Item>
                    <Form.Item name={[field.name, 'most']} noStyle>
                      <InputNumber placeholder={t('grid.levels.most')} min={1} max={1000} style={{ width: 110 }} />
                    </Form.Item>
                    {place === fields.length - 1 && <Button size="small" type="text" aria-label={t('do.remove')} onClick={() => remove(field.name)}>✕</Button>}
                  </Space>
                ))}
                <Button size="small" onClick={() => add({})}>{t('do.add')}</Button>
              </Space>
            )}
          </Form.List>
        </Form>
      )}
    </Modal>
  )
}
