/** The tree of places: what each is, where it lies, what it was before, who answers for it. */
import { useQuery } from '@tanstack/react-query'
import { Button, Empty, Form, Input, Modal, Spin, Table, Tree } from 'antd'
import { useMemo, useState } from 'react'
import { Link, useSearchParams } from 'react-router'

import { grids } from '../../api/queries'
import { grid as asked, type GridDetail, gridLevels, townActs } from '../../api/town'
import type { Grid } from '../../api/types'
import { say, useT } from '../../i18n'
import { Panel } from '../../parts/Panel'
import { Problem } from '../../parts/Problem'
import { stacked } from '../../parts/stacked'
import { GridImport } from '../../parts/town/GridImport'
import { LevelsDialog } from '../../parts/town/LevelsDialog'
import { OutlineMap } from '../../parts/town/OutlineMap'
import { useAct } from '../../parts/useCommand'
import { useNow } from '../../serverClock'
import { useSession } from '../../session'
import { second } from '../../time'
import { type Node, treeOf } from '../tree'

type TreeNode = Node & { key: string; children: TreeNode[] }
type Version = GridDetail['versions'][number]

export function Grids() {
  const { t } = useT()
  const { session } = useSession()
  const all = useQuery(grids)
  const [at, setAt] = useSearchParams()
  const [search, setSearch] = useState('')
  const [naming, setNaming] = useState(false)
  const [bringing, setBringing] = useState(false)
  const items = useMemo(() => all.data?.items ?? [], [all.data])
  const tree = useMemo(() => treeOf(items), [items])
  const chosen = at.get('grid') ?? items[0]?.code
  const choose = (code: string) => setAt({ grid: code })
  const found = search.trim() === '' ? null : items.filter((one) => one.name.includes(search.trim()) || one.code.startsWith(search.trim())).slice(0, 100)
  return (
    <section aria-label={t('nav.grids')}>
      <div className="bar">
        <h1>{t('nav.grids')}</h1>
        <span className="quiet">{t('grid.count', { n: items.length })}</span>
        {session.role === 'administrator' && (
          <>
            <Button type="primary" onClick={() => setBringing(true)}>{t('grid.import')}</Button>
            <Button onClick={() => setNaming(true)}>{t('grid.levels')}</Button>
          </>
        )}
        <a href="/api/grids/export.csv">{t('grid.export.csv')}</a>
        <a href="/api/grids/export.geojson">{t('grid.export.geojson')}</a>
      </div>
      <Problem error={all.error} onRetry={() => void all.refetch()} />
      {all.isPending && <Spin />}
      {all.data !== undefined && items.length === 0 && <Empty image={Empty.PRESENTED_IMAGE_SIMPLE} description={t('grid.none')} />}
      {items.length > 0 && (
        <div className="tree-and-one">
          <Panel title={t('grid.tree')}>
            <Input.Search allowClear placeholder={t('grid.search')} value={search} onChange={(event) => setSearch(event.target.value)} />
            {found === null ? (
              <Tree<TreeNode>
                treeData={tree as TreeNode[]}
                fieldNames={{ key: 'value', title: 'title', children: 'children' }}
                selectedKeys={chosen === undefined ? [] : [chosen]}
                defaultExpandedKeys={[...tree.map((one) => one.value), ...(chosen === undefined ? [] : [chosen])]}
                autoExpandParent
                onSelect={(keys) => keys[0] !== undefined && choose(String(keys[0]))}
                height={520}
                virtual
              />
            ) : (
              <ul className="plain found">
                {found.map((one) => (
                  <li key={one.code}>
                    <button type="button" className="number" onClick={() => choose(one.code)}>{one.name}</button> <span className="quiet mono">{one.code}</span>
                  </li>
                ))}
                {found.length === 0 && <li className="quiet">{t('grid.search.none')}</li>}
              </ul>
            )}
          </Panel>
          {chosen !== undefined && <One code={chosen} items={items} onChoose={choose} />}
        </div>
      )}
      {bringing && <GridImport onDone={() => setBringing(false)} />}
      {naming && items[0] !== undefined && <LevelsDialog root={items[0].path.split('.')[0] ?? ''} onDone={() => setNaming(false)} />}
    </section>
  )
}

function One({ code, items, onChoose }: { code: string; items: readonly Grid[]; onChoose: (code: string) => void }) {
  const { t } = useT()
  const one = useQuery(asked(code))
  const detail = one.data
  const neighbours = useMemo(() => {
    const own = items.find((each) => each.code === code)
    return items.filter((each) => each.code !== code && each.parent === own?.parent && each.parent != null && each.has_outline)
  }, [items, code])
  return (
    <div>
      <Problem error={one.error} onRetry={() => void one.refetch()} />
      {one.isPending && <Spin />}
      {detail !== undefined && (
        <>
          <Facts detail={detail} nameOf={(other) => items.find((each) => each.code === other)?.name ?? other} onChoose={onChoose} />
          <div className="halves">
            <Panel title={t('grid.outline')}>
              <OutlineMap detail={detail} neighbours={neighbours} onChoose={onChoose} />
            </Panel>
            <Versions detail={detail} />
          </div>
        </>
      )}
    </div>
  )
}

function Facts({ detail, nameOf, onChoose }: { detail: GridDetail; nameOf: (code: string) => string; onChoose: (code: string) => void }) {
  const { t } = useT()
  const { session } = useSession()
  const [editing, setEditing] = useState(false)
  const one = detail.grid
  const edit = session.role === 'administrator' && <Button size="small" onClick={() => setEditing(true)}>{t('do.edit')}</Button>
  return (
    <Panel title={one.name} extra={edit}>
      <dl className="pairs">
        <dt>{t('grid.code')}</dt>
        <dd className="mono">{one.code}</dd>
        <dt>{t('grid.level')}</dt>
        <dd>
          <LevelName level={one.level} root={one.path.split('.')[0] ?? ''} /> · {t(`tier.${one.tier}`)} · {t(`gridkind.${one.kind}`)}
        </dd>
        {one.parent != null && (
          <>
            <dt>{t('grid.parent')}</dt>
            <dd>
              <button type="button" className="number" onClick={() => onChoose(one.parent ?? '')}>{nameOf(one.parent)}</button>
            </dd>
          </>
        )}
        {one.report_to != null && (
          <>
            <dt>{t('grid.reportTo')}</dt>
            <dd>{nameOf(one.report_to)}</dd>
          </>
        )}
        {one.grid_class !== '' && (
          <>
            <dt>{t('grid.class')}</dt>
            <dd>{say(t, 'gridclass', one.grid_class)}</dd>
          </>
        )}
        {one.region !== '' && (
          <>
            <dt>{t('grid.region')}</dt>
            <dd className="mono">{one.region}</dd>
          </>
        )}
        <dt>{t('grid.belongs')}</dt>
        <dd>
          {t('grid.people', { n: detail.people })}
          {t('list.comma')}
          {t('grid.devices', { n: detail.devices })}
          {t('list.comma')}
          {t('grid.places', { n: detail.key_places })}
        </dd>
      </dl>
      <p className="links">
        <Link to={`/queue?grid=${one.code}`}>{t('grid.toQueue')}</Link>
      </p>
      {editing && <EditDialog detail={detail} onDone={() => setEditing(false)} />}
    </Panel>
  )
}

function LevelName({ level, root }: { level: number; root: string }) {
  const { t, language } = useT()
  const { data } = useQuery(gridLevels)
  const named = data?.items.find((one) => one.root === root)?.items.find((one) => one.level === level)
  if (named === undefined) return <>{t('grid.level.n', { n: level })}</>
  return <>{language === 'en' && named.name_en ? named.name_en : named.name}</>
}

function Versions({ detail }: { detail: GridDetail }) {
  const { t } = useT()
  const now = useNow()
  return (
    <Panel title={t('grid.versions')}>
      {detail.versions.length === 0 && <p className="quiet">{t('grid.versions.none')}</p>}
      {detail.versions.length > 0 && <Table<Version>
        size="small"
        rowKey={(one) => `${one.since} ${one.until ?? ''}`}
        dataSource={detail.versions}
        className="stack"
        pagination={{ pageSize: 8, hideOnSinglePage: true }}
        columns={stacked([
          { title: t('grid.version.since'), render: (_, one) => <time className="mono">{second(one.since, now)}</time> },
          { title: t('grid.version.until'), render: (_, one) => <time className="mono">{one.until == null ? '—' : second(one.until, now)}</time> },
          { title: t('org.name'), render: (_, one) => one.name },
          { title: t('grid.version.why'), render: (_, one) => <span className="wrap">{one.reason || '—'}</span> },
        ])}
      />}
    </Panel>
  )
}

interface Values {
  name: string
  grid_class: string
  report_to: string
  reason: string
}

function EditDialog({ detail, onDone }: { detail: GridDetail; onDone: () => void }) {
  const { t } = useT()
  const [form] = Form.useForm<Values>()
  const { busy, act } = useAct(['grids'], onDone)
  const one = detail.grid
  const save = (values: Values) =>
    act(() =>
      townActs.changeGrid(one.code, {
        reason: values.reason.trim(),
        ...(values.name.trim() !== one.name && { name: values.name.trim() }),
        ...(values.grid_class.trim() !== one.grid_class && { class: values.grid_class.trim() }),
        ...(values.report_to.trim() !== (one.report_to ?? '') && { report_to: values.report_to.trim() }),
      }),
    )
  return (
    <Modal open title={t('grid.edit', { name: one.name })} okText={t('do.save')} cancelText={t('do.cancel')} okButtonProps={{ loading: busy }} onOk={() => form.submit()} onCancel={onDone}>
      <p className="quiet">{t('grid.edit.hint')}</p>
      <Form<Values>
        form={form}
        layout="vertical"
        requiredMark={false}
        initialValues={{ name: one.name, grid_class: one.grid_class, report_to: one.report_to ?? '' }}
        onFinish={save}
      >
        <Form.Item name="name" label={t('org.name')} rules={[{ required: true, whitespace: true, message: t('org.name.missing') }]}>
          <Input maxLength={200} />
        </Form.Item>
        <Form.Item name="grid_class" label={t('grid.class')} extra={t('grid.class.hint')}>
          <Input maxLength={64} />
        </Form.Item>
        <Form.Item name="report_to" label={t('grid.reportTo')} extra={t('grid.reportTo.hint')}>
          <Input maxLength={64} />
        </Form.Item>
        <Form.Item name="reason" label={t('do.reason')} rules={[{ required: true, whitespace: true, message: t('do.reason.missing') }]}>
          <Input.TextArea rows={2} maxLength={200} />
        </Form.Item>
      </Form>
    </Modal>
  )
}
