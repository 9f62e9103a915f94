/**
 * The commands of the protocol: `BaseCommand.Type` names, their numbers and the types of their
 * bodies.
 */

import { CommandType, type Message, type MessageName, messageFields } from './messages.ts';

/** A command by its `BaseCommand.Type` name, such as `'SUBSCRIBE'`. */
export type CommandName = keyof typeof CommandType;

/** The body type of each command. */
export type CommandBodies = { readonly [K in CommandName]: Message<BodyMessage<K>> };

/** A decoded command, told apart by `name`. */
export type Command = {
  [K in CommandName]: { readonly name: K; readonly body: CommandBodies[K] };
}[CommandName];

/**
 * A command's name and body message, by its number, which is also the number of its body's
 * field.
 */
export const commandsByNumber: ReadonlyMap<number, CommandShape> = new Map(
  (Object.keys(CommandType) as CommandName[]).map((name) => {
    const number = CommandType[name];
    const row = messageFields.BaseCommand.find(([field]) => field === number);
    return [number, { name, number, message: row![2] as MessageName }];
  }),
);

export interface CommandShape {
  readonly name: CommandName;
  readonly number: number;
  readonly message: MessageName;
}

type BodyMessage<K extends CommandName> = Extract<
  (typeof messageFields)['BaseCommand'][number],
  readonly [(typeof CommandType)[K], ...unknown[]]
>[2] &
  MessageName;
