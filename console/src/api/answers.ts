/** Types of answers and questions by their address: names of schemas are the server's own affair. */
import type { paths } from './schema'

export type AnswerOf<Path extends keyof paths> = paths[Path] extends {
  get: { responses: { 200: { content: { 'application/json': infer Answer } } } }
}
  ? Answer
  : never

export type QueryOf<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Query } } }
  ? NonNullable<Query>
  : never

export type BodyOf<Path extends keyof paths, Method extends 'post' | 'put' | 'patch'> = paths[Path] extends {
  [M in Method]: { requestBody: { content: { 'application/json': infer Body } } }
}
  ? Body
  : never
