import { Option } from 'commander';
import { httpUrl } from './command.ts';

export const DEFAULT_API_URL = 'http://127.0.0.1:3000';
export const DEFAULT_AWS_ENDPOINT = 'http://127.0.0.1:4566';

/** The API that somebody is signed in to, for the commands that speak to it and those that sign in. */
export function apiUrlOption(): Option {
  return new Option('--url <url>', "the orders API's address, with or without /orders")
    .env('COUNTERSIGN_URL')
    .default(DEFAULT_API_URL)
    .argParser((text) => httpUrl(text).replace(/\/orders$/, ''));
}

/** The command that signs in to an API, for messages. */
export function loginCommand(url: string): string {
  return url === DEFAULT_API_URL ? 'countersign login' : `countersign login --url ${url}`;
}
