-- rule: AMIExternalAccess
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'ModifyImageAttribute' AND errorCode IS NULL
  AND (list_contains(json_extract_string(requestParameters, '$.launchPermission.add.items[*].group'), 'all')
    OR len(list_filter(json_extract_string(requestParameters, '$.launchPermission.add.items[*].userId'),
                       lambda a: a <> recipientAccountId)) > 0)
-- rule: AdminPolicyAttachedToRole
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'AttachRolePolicy' AND errorCode IS NULL
  AND requestParameters ->> '$.policyArn' LIKE 'arn:%:iam::aws:policy/AdministratorAccess'
-- rule: AdminPolicyAttachedToUser
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'AttachUserPolicy' AND errorCode IS NULL
  AND requestParameters ->> '$.policyArn' LIKE 'arn:%:iam::aws:policy/AdministratorAccess'
-- rule: BedrockServiceCredentialCreated
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateServiceSpecificCredential' AND errorCode IS NULL
  AND requestParameters ->> '$.serviceName' = 'bedrock.amazonaws.com'
-- rule: ConsoleLoginWithoutMFA
SELECT eventID FROM cloudtrail
WHERE eventSource = 'signin.amazonaws.com' AND eventName = 'ConsoleLogin'
  AND responseElements ->> '$.ConsoleLogin' = 'Success'
  AND additionalEventData ->> '$.MFAUsed' = 'No'
  AND userIdentity ->> '$.type' IN ('IAMUser', 'Root')
  AND additionalEventData ->> '$.SamlProviderArn' IS NULL
-- rule: DNSQueryLogsDeleted
SELECT eventID FROM cloudtrail
WHERE eventSource = 'route53resolver.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('DeleteResolverQueryLogConfig', 'DisassociateResolverQueryLogConfig')
-- rule: EBSSnapshotExternalAccess
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'ModifySnapshotAttribute' AND errorCode IS NULL
  AND (list_contains(json_extract_string(requestParameters, '$.createVolumePermission.add.items[*].group'), 'all')
    OR len(list_filter(json_extract_string(requestParameters, '$.createVolumePermission.add.items[*].userId'),
                       lambda a: a <> recipientAccountId)) > 0)
-- rule: EC2InstanceSSHKeyPushed
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2-instance-connect.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('SendSSHPublicKey', 'SendSerialConsoleSSHPublicKey')
-- rule: EC2PasswordDataRetrieved
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'GetPasswordData'
  AND (errorCode IS NULL OR errorCode LIKE '%Unauthorized%' OR errorCode LIKE '%AccessDenied%')
-- rule: EC2SecurityGroupPublicSSH
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'AuthorizeSecurityGroupIngress' AND errorCode IS NULL
  AND len(list_filter(json_extract(requestParameters, '$.ipPermissions.items[*]'), lambda p:
    ((p ->> '$.ipProtocol') = '-1'
      OR 22 BETWEEN TRY_CAST(p ->> '$.fromPort' AS INTEGER) AND TRY_CAST(p ->> '$.toPort' AS INTEGER))
    AND (list_contains(json_extract_string(p, '$.ipRanges.items[*].cidrIp'), '0.0.0.0/0')
      OR list_contains(json_extract_string(p, '$.ipv6Ranges.items[*].cidrIpv6'), '::/0')))) > 0
-- rule: EC2TerminationProtectionEnabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'ModifyInstanceAttribute' AND errorCode IS NULL
  AND (requestParameters ->> '$.disableApiTermination.value' = 'true'
    OR (requestParameters ->> '$.attribute' = 'disableApiTermination' AND requestParameters ->> '$.value' = 'true'))
-- rule: EC2UserDataModified
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'ModifyInstanceAttribute' AND errorCode IS NULL
  AND (requestParameters ->> '$.userData' IS NOT NULL OR requestParameters ->> '$.attribute' = 'userData')
-- rule: IAMAccessKeyCreated
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateAccessKey' AND errorCode IS NULL
  AND (userIdentity ->> '$.type' <> 'IAMUser'
    OR (requestParameters ->> '$.userName' IS NOT NULL
      AND requestParameters ->> '$.userName' <> regexp_extract(userIdentity ->> '$.arn', '[^/]+$')))
-- rule: IAMRoleTrustPolicyModified
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'UpdateAssumeRolePolicy' AND errorCode IS NULL
  AND (regexp_matches(requestParameters ->> '$.policyDocument', '"(AWS|Principal)"\s*:\s*\[?\s*"\*"')
    OR len(list_filter(regexp_extract_all(requestParameters ->> '$.policyDocument', ':(?:iam|sts)::(\d{12}):', 1),
                       lambda a: a <> recipientAccountId)) > 0)
-- rule: IAMUserLoginProfileCreated
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'CreateLoginProfile' AND errorCode IS NULL
-- rule: IAMUserLoginProfileUpdated
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'UpdateLoginProfile' AND errorCode IS NULL
-- rule: LambdaFunctionPublicAccess
SELECT eventID FROM cloudtrail
WHERE eventSource = 'lambda.amazonaws.com' AND eventName = 'AddPermission' AND errorCode IS NULL
  AND requestParameters ->> '$.principalOrgID' IS NULL AND requestParameters ->> '$.sourceAccount' IS NULL
  AND (requestParameters ->> '$.principal' = '*'
    OR (regexp_matches(requestParameters ->> '$.principal', '^(\d{12}|arn:)')
      AND NOT contains(requestParameters ->> '$.principal', recipientAccountId)))
-- rule: LambdaFunctionUrlPublicAccess
SELECT eventID FROM cloudtrail
WHERE eventSource = 'lambda.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('CreateFunctionUrlConfig', 'UpdateFunctionUrlConfig')
  AND requestParameters ->> '$.authType' = 'NONE'
-- rule: OrganizationLeaveAttempt
SELECT eventID FROM cloudtrail
WHERE eventSource = 'organizations.amazonaws.com' AND eventName = 'LeaveOrganization'
-- rule: OrganizationPolicyDisabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 'organizations.amazonaws.com' AND eventName = 'DisablePolicyType' AND errorCode IS NULL
-- rule: RDSIAMAuthDisabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 'rds.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('ModifyDBInstance', 'ModifyDBCluster')
  AND requestParameters ->> '$.enableIAMDatabaseAuthentication' = 'false'
-- rule: RDSMasterPasswordReset
SELECT eventID FROM cloudtrail
WHERE eventSource = 'rds.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('ModifyDBInstance', 'ModifyDBCluster')
  AND requestParameters ->> '$.masterUserPassword' IS NOT NULL
-- rule: RDSPubliclyAccessible
SELECT eventID FROM cloudtrail
WHERE eventSource = 'rds.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('CreateDBInstance', 'ModifyDBInstance', 'CreateDBCluster',
    'RestoreDBInstanceFromDBSnapshot', 'RestoreDBInstanceToPointInTime')
  AND requestParameters ->> '$.publiclyAccessible' = 'true'
-- rule: RDSSnapshotPubliclyShared
SELECT eventID FROM cloudtrail
WHERE eventSource = 'rds.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('ModifyDBSnapshotAttribute', 'ModifyDBClusterSnapshotAttribute')
  AND requestParameters ->> '$.attributeName' = 'restore'
  AND list_contains(json_extract_string(requestParameters, '$.valuesToAdd[*]'), 'all')
-- rule: RolesAnywhereTrustAnchorCreated
SELECT eventID FROM cloudtrail
WHERE eventSource = 'rolesanywhere.amazonaws.com' AND eventName = 'CreateTrustAnchor' AND errorCode IS NULL
-- rule: S3BucketPolicyExternalAccess
SELECT eventID FROM cloudtrail
WHERE eventSource = 's3.amazonaws.com' AND eventName = 'PutBucketPolicy' AND errorCode IS NULL
  AND len(list_filter(
    regexp_extract_all(CAST(requestParameters -> '$.bucketPolicy' AS VARCHAR), ':(?:iam|sts)::(\d{12}):', 1),
    lambda a: a <> recipientAccountId AND a NOT IN (  -- accounts that deliver load balancers' logs
      '009996457667', '027434742980', '033677994240', '054676820928', '076674570225', '098369216593',
      '114774131450', '127311923021', '156460612806', '383597477331', '507241528517', '582318560864',
      '589379963580', '600734575887', '635631232127', '652711504416', '718504428378', '754344448648',
      '783225319266', '797873946194', '897822967062', '985666609251'))) > 0
-- rule: S3CustomerProvidedKeysEnabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 's3.amazonaws.com' AND eventName = 'PutBucketEncryption' AND errorCode IS NULL
  AND contains(CAST(requestParameters AS VARCHAR), '"BlockedEncryptionTypes"')
  AND NOT regexp_matches(CAST(requestParameters AS VARCHAR), '"EncryptionType":\[?"[^\]]*SSE-C')
-- rule: S3LifecycleRapidExpiration
SELECT eventID FROM cloudtrail
WHERE eventSource = 's3.amazonaws.com' AND errorCode IS NULL
  AND eventName IN ('PutBucketLifecycle', 'PutBucketLifecycleConfiguration')
  AND len(list_filter(
    list_concat(json_extract(requestParameters, '$.LifecycleConfiguration.Rule[*]'),
                [json_extract(requestParameters, '$.LifecycleConfiguration.Rule')]), lambda r:
    TRY_CAST(r ->> '$.Expiration.Days' AS INTEGER) <= 7
    AND coalesce(r ->> '$.Status', 'Enabled') = 'Enabled'
    AND (trim(coalesce(r ->> '$.Prefix', r ->> '$.Filter.Prefix', ''), '/*') = ''
      OR contains(coalesce(r ->> '$.Prefix', r ->> '$.Filter.Prefix', ''), 'AWSLogs')))) > 0
-- rule: SESAccountSendingEnabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ses.amazonaws.com' AND errorCode IS NULL
  AND ((eventName = 'UpdateAccountSendingEnabled' AND requestParameters ->> '$.enabled' = 'true')
    OR (eventName = 'PutAccountSendingAttributes' AND requestParameters ->> '$.sendingEnabled' = 'true'))
-- rule: SESDomainIdentityVerified
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ses.amazonaws.com' AND errorCode IS NULL
  AND (eventName = 'VerifyDomainIdentity'
    OR (eventName = 'CreateEmailIdentity' AND NOT contains(requestParameters ->> '$.emailIdentity', '@')))
-- rule: SESFullAccessPolicyAttachedToRole
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'AttachRolePolicy' AND errorCode IS NULL
  AND requestParameters ->> '$.policyArn' LIKE 'arn:%:iam::aws:policy/AmazonSESFullAccess'
-- rule: SESFullAccessPolicyAttachedToUser
SELECT eventID FROM cloudtrail
WHERE eventSource = 'iam.amazonaws.com' AND eventName = 'AttachUserPolicy' AND errorCode IS NULL
  AND requestParameters ->> '$.policyArn' LIKE 'arn:%:iam::aws:policy/AmazonSESFullAccess'
-- rule: SESProductionAccessEnabled
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ses.amazonaws.com' AND eventName = 'PutAccountDetails' AND errorCode IS NULL
  AND requestParameters ->> '$.productionAccessEnabled' = 'true'
-- rule: SageMakerLifecycleConfigModified
SELECT eventID FROM cloudtrail
WHERE eventSource = 'sagemaker.amazonaws.com' AND errorCode IS NULL
  AND (eventName = 'UpdateNotebookInstanceLifecycleConfig'
    OR (eventName = 'UpdateNotebookInstance' AND requestParameters ->> '$.lifecycleConfigName' IS NOT NULL))
-- rule: VPCFlowLogsDeleted
SELECT eventID FROM cloudtrail
WHERE eventSource = 'ec2.amazonaws.com' AND eventName = 'DeleteFlowLogs' AND errorCode IS NULL
