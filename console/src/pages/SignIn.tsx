/** Name and password; says clearly what was wrong. */
import { LockOutlined, UserOutlined } from '@ant-design/icons'
import { useMutation } from '@tanstack/react-query'
import { Alert, Button, Form, Input } from 'antd'

import { api, take } from '../api/client'
import { errorSentence } from '../api/errors'
import type { Session } from '../api/types'
import { useT } from '../i18n'
import { LanguageSwitch } from '../parts/LanguageSwitch'

interface Props {
  unreachable: Error | null
  onRetry: () => void
  onSignedIn: (session: Session) => void
}

export function SignIn({ unreachable, onRetry, onSignedIn }: Props) {
  const { t } = useT()
  const ask = useMutation({
    mutationFn: (body: { name: string; password: string }) => take(api.POST('/api/session', { body })),
    onSuccess: onSignedIn,
  })
  const problem = ask.error ?? unreachable
  return (
    <main className="sign-in">
      <div className="sign-in-language">
        <LanguageSwitch />
      </div>
      <h1>{t('app.name')}</h1>
      <p className="quiet">{t('app.promise')}</p>
      <Form<{ name: string; password: string }>
        layout="vertical"
        size="large"
        requiredMark={false}
        onFinish={(values) => ask.mutate(values)}
      >
        <Form.Item name="name" label={t('signIn.name')} rules={[{ required: true, message: t('signIn.name.missing') }]}>
          <Input prefix={<UserOutlined />} autoComplete="username" autoFocus maxLength={64} />
        </Form.Item>
        <Form.Item
          name="password"
          label={t('signIn.password')}
          rules={[{ required: true, message: t('signIn.password.missing') }]}
        >
          <Input.Password prefix={<LockOutlined />} autoComplete="current-password" maxLength={256} />
        </Form.Item>
        {problem && (
          <Alert
            type="error"
            showIcon
            role="alert"
            title={errorSentence(problem, t)}
            action={unreachable && !ask.error ? <Button size="small" onClick={onRetry}>{t('do.retry')}</Button> : null}
          />
        )}
        <Button type="primary" htmlType="submit" block loading={ask.isPending}>
          {t('signIn.do')}
        </Button>
      </Form>
    </main>
  )
}
