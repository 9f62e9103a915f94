/** Options of permissions. Keys and defaults are Pulsar 4.2's. */
import { choice, flag, names } from './option.ts';

/** Pulsar's name of the rules that hold here. */
export const PULSARS_RULES = 'org.apache.pulsar.broker.authorization.PulsarAuthorizationProvider';

export const authorizationOptions = {
  authorizationEnabled: flag(
    false,
    'Whether clients may do only what they are granted; needs authenticationEnabled',
  ),
  authorizationProvider: choice(PULSARS_RULES, [PULSARS_RULES], 'Whose rules hold'),
  superUserRoles: names('Roles that may do everything'),
  proxyRoles: names('Roles that speak for others and may do what both they and the others may'),
  authorizationAllowWildcardsMatching: flag(
    false,
    'Whether a * at an end of a granted role stands for anything',
  ),
  allowAclChangesOnNonExistentTopics: flag(
    false,
    'Whether grants can be given on topics that are not there yet',
  ),
};
