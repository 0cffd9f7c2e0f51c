import type { z } from 'zod';
import * as m from './messages.ts';

export type LocalRoute = {
  readonly method: 'GET' | 'POST' | 'PATCH';
  readonly path: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  readonly answer: z.ZodType;
};

const route = <const R extends LocalRoute>(definition: R): R => definition;

/** The local API: server and command line read this one table. */
export const localRoutes = {
  status: route({ method: 'GET', path: '/v1/status', answer: m.StatusAnswer }),
  limits: route({ method: 'GET', path: '/v1/limits', answer: m.Limits }),
  throttle: route({ method: 'GET', path: '/v1/throttle', answer: m.ThrottleAnswer }),
  changeThrottle: route({
    method: 'PATCH',
    path: '/v1/throttle',
    body: m.ThrottleChange,
    answer: m.ThrottleAnswer,
  }),
  account: route({ method: 'GET', path: '/v1/account', answer: m.AccountAnswer }),
  doctor: route({ method: 'GET', path: '/v1/doctor', answer: m.DoctorAnswer }),
  listTasks: route({ method: 'GET', path: '/v1/tasks', query: m.TaskListQuery, answer: m.TaskListAnswer }),
  preview: route({ method: 'POST', path: '/v1/tasks/preview', body: m.CreateTaskRequest, answer: m.Preview }),
  createTask: route({ method: 'POST', path: '/v1/tasks', body: m.CreateTaskRequest, answer: m.TaskView }),
  showTask: route({ method: 'GET', path: '/v1/tasks/:taskId', params: m.TaskParam, answer: m.TaskView }),
  pause: route({ method: 'POST', path: '/v1/tasks/:taskId/pause', params: m.TaskParam, answer: m.TaskView }),
  resume: route({ method: 'POST', path: '/v1/tasks/:taskId/resume', params: m.TaskParam, answer: m.TaskView }),
  sync: route({ method: 'POST', path: '/v1/tasks/:taskId/sync', params: m.TaskParam, answer: m.TaskView }),
  syncAndWait: route({
    method: 'POST',
    path: '/v1/tasks/:taskId/sync-and-wait',
    params: m.TaskParam,
    answer: m.WaitAnswer,
  }),
  adopt: route({ method: 'POST', path: '/v1/tasks/:taskId/adopt', params: m.TaskParam, answer: m.TaskView }),
  cancel: route({ method: 'POST', path: '/v1/tasks/:taskId/cancel', params: m.TaskParam, answer: m.TaskView }),
  configure: route({
    method: 'PATCH',
    path: '/v1/tasks/:taskId',
    params: m.TaskParam,
    body: m.ConfigureRequest,
    answer: m.TaskView,
  }),
  files: route({
    method: 'GET',
    path: '/v1/tasks/:taskId/files',
    params: m.TaskParam,
    query: m.FilesQuery,
    answer: m.FilesAnswer,
  }),
  holds: route({ method: 'GET', path: '/v1/holds', answer: m.HoldsAnswer }),
  approveHold: route({ method: 'POST', path: '/v1/holds/:holdId/approve', params: m.HoldParam, answer: m.HoldView }),
  restoreHold: route({ method: 'POST', path: '/v1/holds/:holdId/restore', params: m.HoldParam, answer: m.HoldView }),
  wait: route({ method: 'POST', path: '/v1/wait', answer: m.WaitAnswer }),
  explain: route({ method: 'POST', path: '/v1/explain', body: m.ExplainRequest, answer: m.ExplainAnswer }),
  shutdown: route({ method: 'POST', path: '/v1/shutdown', answer: m.Nothing }),
} as const;

type Part<K extends string, S> = S extends z.ZodType ? Record<K, z.input<S>> : unknown;
export type LocalCall<R extends LocalRoute> = Part<'params', R['params']> &
  Part<'query', R['query']> &
  Part<'body', R['body']>;
export type LocalAnswer<R extends LocalRoute> = z.output<R['answer']>;
type Output<S> = S extends z.ZodType ? z.output<S> : undefined;
export type LocalInput<R extends LocalRoute> = {
  readonly params: Output<R['params']>;
  readonly query: Output<R['query']>;
  readonly body: Output<R['body']>;
  /** Aborted when the caller hangs up. */
  readonly signal: AbortSignal;
};
