import { RequestMethod, type INestApplication } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA, ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { MetadataScanner, ModulesContainer } from '@nestjs/core';
import { getMetadataStorage } from 'class-validator';
import {
  CHANGES_NOTHING,
  readActor,
  readAnyQuery,
  readAfter,
  readCommandId,
  readIdempotencyKey,
  readIfMatch,
  readPage,
  type AccessTable,
  type Route,
  type Takes,
} from './request-context.js';

export type { Route, Takes };

interface Argument {
  index: number;
  data?: unknown;
  factory?: unknown;
}

const BODY = 3;
const QUERY = 4;
const RAW_BODY = 7;
const READERS = new Map<unknown, Takes>([
  [readAnyQuery, 'query'],
  [readActor, 'actor'],
  [readIdempotencyKey, 'idempotency-key'],
  [readCommandId, 'command-id'],
  [readIfMatch, 'if-match'],
  [readAfter, 'after'],
  [readPage, 'page'],
]);

const paths = (metadata: unknown): string[] => (Array.isArray(metadata) ? metadata : [metadata ?? '']) as string[];

const join = (prefix: string, path: string): string =>
  `/${[prefix, path]
    .map((part) => part.replace(/^\/+|\/+$/g, ''))
    .filter((part) => part !== '')
    .join('/')}`;

function* handlers(app: INestApplication) {
  const scanner = new MetadataScanner();
  for (const module of app.get(ModulesContainer).values()) {
    for (const { metatype } of module.controllers.values()) {
      if (typeof metatype !== 'function') continue;
      const prototype = metatype.prototype as Record<string, unknown>;
      for (const name of scanner.getAllMethodNames(prototype)) {
        const handler = prototype[name] as object;
        const method = Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined;
        if (method !== undefined) yield { controller: metatype, prototype, name, handler, method };
      }
    }
  }
}

const argumentsOf = (controller: object, name: string): [kind: number | 'custom', Argument][] =>
  Object.entries((Reflect.getMetadata(ROUTE_ARGS_METADATA, controller, name) ?? {}) as Record<string, Argument>).map(([key, argument]) => [
    key.includes('__customRouteArgs__') ? 'custom' : Number(key.split(':')[0]),
    argument,
  ]);

const ruleOf = (table: AccessTable, name: string) => (Object.hasOwn(table, name) ? table[name] : undefined);

/** Every route of the controllers with its rule in the policy table. */
export function listRoutes(app: INestApplication, table: AccessTable): Route[] {
  const routes: Route[] = [];
  for (const { controller, name, handler, method } of handlers(app)) {
    const takes = new Set<Takes>();
    for (const [kind, argument] of argumentsOf(controller, name)) {
      const reader = READERS.get(argument.factory);
      if (kind === BODY || kind === RAW_BODY) takes.add('body');
      if (kind === QUERY) takes.add('query');
      if (reader !== undefined) takes.add(reader);
    }
    for (const prefix of paths(Reflect.getMetadata(PATH_METADATA, controller)))
      for (const path of paths(Reflect.getMetadata(PATH_METADATA, handler)))
        routes.push({
          method: RequestMethod[method]!,
          path: join(prefix, path),
          rule: ruleOf(table, `${RequestMethod[method]!} ${join(prefix, path)}`),
          handler: `${controller.name}.${name}`,
          takes,
          changesNothing: Reflect.getMetadata(CHANGES_NOTHING, handler) === true,
        });
  }
  return routes;
}

const isChecked = (type: unknown): boolean =>
  typeof type === 'function' && getMetadataStorage().getTargetValidationMetadatas(type, '', false, false).length > 0;

/** What is wrong with the declarations of the routes; a server starts only when this is empty. */
export function routeFaults(app: INestApplication, table: AccessTable): string[] {
  const faults: string[] = [];
  for (const { method, path, rule, handler, takes, changesNothing } of listRoutes(app, table)) {
    const fault = (text: string) => faults.push(`${method} ${path} (${handler}) ${text}`);
    if (rule === undefined || rule.for.length === 0) fault('has no row in the policy table that says who may call it');
    const open = rule?.for === 'public' || rule?.for === 'operator';
    if (open && (takes.has('actor') || takes.has('command-id'))) fault('is called without signing in, yet asks who calls');
    if (method === 'POST' && !changesNothing && !takes.has('command-id') && !takes.has('idempotency-key'))
      fault('changes something without an Idempotency-Key: take @CommandId, or say @ChangesNothing');
    if (method === 'ALL') fault('answers every method: name one');
  }
  for (const { controller, prototype, name } of handlers(app)) {
    const types = (Reflect.getMetadata('design:paramtypes', prototype, name) ?? []) as unknown[];
    for (const [kind, argument] of argumentsOf(controller, name)) {
      if (kind !== BODY && kind !== QUERY) continue;
      if (argument.data !== undefined || !isChecked(types[argument.index]))
        faults.push(`${controller.name}.${name} takes a ${kind === BODY ? 'body' : 'query'} whose class has no checked fields`);
    }
  }
  return faults;
}
