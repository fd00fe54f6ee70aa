-- The tables as version 0.2.0 made them. Never changed: an upgrade begins here.
SET foreign_key_checks = 0;
CREATE TABLE `alembic_version` (
  `version_num` varchar(32) NOT NULL,
  PRIMARY KEY (`version_num`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `admin` (
  `name` varchar(200) NOT NULL,
  `email` varchar(254) NOT NULL,
  `password` varchar(255) NOT NULL,
  `must_change_password` tinyint(1) NOT NULL,
  `active` tinyint(1) NOT NULL,
  `fs_uniquifier` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `sealed_totp_secret` blob DEFAULT NULL,
  `last_code_step` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_admin_email` (`email`),
  UNIQUE KEY `uq_admin_fs_uniquifier` (`fs_uniquifier`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `audit_entry` (
  `at` datetime(6) NOT NULL,
  `site` varchar(16) NOT NULL,
  `actor` varchar(254) NOT NULL,
  `address` varchar(64) NOT NULL,
  `act` varchar(64) NOT NULL,
  `subject` varchar(200) NOT NULL,
  `before` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`before`)),
  `after` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`after`)),
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `student_id` int(11) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_audit_entry_at` (`at`),
  KEY `ix_audit_entry_act` (`act`,`at`),
  KEY `ix_audit_entry_actor` (`actor`,`at`),
  KEY `ix_audit_entry_subject` (`subject`,`at`),
  KEY `ix_audit_entry_student_id` (`student_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `erasure` (
  `digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `what` varchar(16) NOT NULL,
  `erased_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_erasure_digest` (`digest`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `face_version` (
  `version` int(11) NOT NULL,
  `removed_at` int(11) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `failed_try` (
  `subject` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `failed_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_failed_try_subject` (`subject`,`failed_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `job` (
  `kind` varchar(32) NOT NULL,
  `subject_id` int(11) NOT NULL,
  `state` varchar(16) NOT NULL,
  `done` int(11) NOT NULL,
  `total` int(11) NOT NULL,
  `sentence` text NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `finished_at` datetime(6) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `fates` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin DEFAULT NULL CHECK (json_valid(`fates`)),
  `advanced_at` datetime(6) DEFAULT NULL,
  PRIMARY KEY (`id`),
  KEY `ix_job_subject` (`kind`,`subject_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `night` (
  `night_of` varchar(10) NOT NULL,
  `began_at` datetime(6) NOT NULL,
  `finished_at` datetime(6) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_night_night_of` (`night_of`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `password_link` (
  `site` varchar(16) NOT NULL,
  `email` varchar(254) NOT NULL,
  `is_first` tinyint(1) NOT NULL,
  `asked_at` datetime(6) NOT NULL,
  `expires_at` datetime(6) NOT NULL,
  `try_at` datetime(6) DEFAULT NULL,
  `tries` int(11) NOT NULL,
  `reason` varchar(300) NOT NULL,
  `account_id` int(11) DEFAULT NULL,
  `token_digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_password_link_token_digest` (`token_digest`),
  KEY `ix_password_link_account` (`site`,`account_id`),
  KEY `ix_password_link_expires_at` (`expires_at`),
  KEY `ix_password_link_try_at` (`try_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `school_class` (
  `class_code` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `name` varchar(200) NOT NULL,
  `active` tinyint(1) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_school_class_class_code` (`class_code`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `sign_in` (
  `token_digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `site` varchar(16) NOT NULL,
  `account_id` int(11) NOT NULL,
  `device` varchar(200) NOT NULL,
  `began_at` datetime(6) NOT NULL,
  `last_seen_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_sign_in_token_digest` (`token_digest`),
  KEY `ix_sign_in_account` (`site`,`account_id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `spoof_picture` (
  `label` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `source` varchar(200) NOT NULL,
  `file_name` varchar(200) NOT NULL,
  `sealed_picture` mediumblob NOT NULL,
  `added_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_spoof_picture_added_at` (`added_at`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `spoof_version` (
  `digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `sealed_heads` blob NOT NULL,
  `card` longtext CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL CHECK (json_valid(`card`)),
  `trained_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_spoof_version_digest` (`digest`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `teacher` (
  `name` varchar(200) NOT NULL,
  `email` varchar(254) NOT NULL,
  `password` varchar(255) NOT NULL,
  `must_change_password` tinyint(1) NOT NULL,
  `active` tinyint(1) NOT NULL,
  `fs_uniquifier` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `created_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_teacher_email` (`email`),
  UNIQUE KEY `uq_teacher_fs_uniquifier` (`fs_uniquifier`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `lecture` (
  `subject` varchar(200) NOT NULL,
  `teacher_id` int(11) NOT NULL,
  `starts_at` datetime(6) NOT NULL,
  `ends_at` datetime(6) NOT NULL,
  `closed_at` datetime(6) DEFAULT NULL,
  `opening_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_lecture_opening_key` (`opening_key`),
  KEY `ix_lecture_starts_at` (`starts_at`),
  KEY `ix_lecture_teacher` (`teacher_id`,`starts_at`),
  CONSTRAINT `fk_lecture_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `recovery_code` (
  `admin_id` int(11) NOT NULL,
  `code_digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_recovery_code_admin_id_code_digest` (`admin_id`,`code_digest`),
  CONSTRAINT `fk_recovery_code_admin_id_admin` FOREIGN KEY (`admin_id`) REFERENCES `admin` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `spoof_activation` (
  `version_id` int(11) DEFAULT NULL,
  `activated_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_spoof_activation_version_id` (`version_id`),
  CONSTRAINT `fk_spoof_activation_version_id_spoof_version` FOREIGN KEY (`version_id`) REFERENCES `spoof_version` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `spoof_mistake` (
  `version_id` int(11) NOT NULL,
  `label` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `source` varchar(200) NOT NULL,
  `score` double NOT NULL,
  `sealed_picture` mediumblob NOT NULL,
  `added_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_spoof_mistake_added_at` (`added_at`),
  KEY `ix_spoof_mistake_version_id` (`version_id`),
  CONSTRAINT `fk_spoof_mistake_version_id_spoof_version` FOREIGN KEY (`version_id`) REFERENCES `spoof_version` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `student` (
  `class_id` int(11) NOT NULL,
  `roll_id` varchar(64) CHARACTER SET utf8mb4 COLLATE utf8mb4_bin NOT NULL,
  `name` varchar(200) NOT NULL,
  `email` varchar(254) DEFAULT NULL,
  `parent1_email` varchar(254) DEFAULT NULL,
  `parent2_email` varchar(254) DEFAULT NULL,
  `language` varchar(16) NOT NULL,
  `active` tinyint(1) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `erasure_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL DEFAULT '',
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_student_class_id_roll_id` (`class_id`,`roll_id`),
  UNIQUE KEY `ix_student_erasure_key` (`erasure_key`),
  KEY `ix_student_name` (`name`),
  CONSTRAINT `fk_student_class_id_school_class` FOREIGN KEY (`class_id`) REFERENCES `school_class` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `teaching` (
  `teacher_id` int(11) NOT NULL,
  `class_id` int(11) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_teaching_teacher_id_class_id` (`teacher_id`,`class_id`),
  KEY `ix_teaching_class_id` (`class_id`),
  CONSTRAINT `fk_teaching_class_id_school_class` FOREIGN KEY (`class_id`) REFERENCES `school_class` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_teaching_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `consent` (
  `student_id` int(11) NOT NULL,
  `text` text NOT NULL,
  `given_by` varchar(200) NOT NULL,
  `given_at` datetime(6) NOT NULL,
  `recorded_by_id` int(11) NOT NULL,
  `withdrawn_at` datetime(6) DEFAULT NULL,
  `withdrawal_recorded_by_id` int(11) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `fk_consent_recorded_by_id_admin` (`recorded_by_id`),
  KEY `fk_consent_withdrawal_recorded_by_id_admin` (`withdrawal_recorded_by_id`),
  KEY `ix_consent_student_id` (`student_id`),
  CONSTRAINT `fk_consent_recorded_by_id_admin` FOREIGN KEY (`recorded_by_id`) REFERENCES `admin` (`id`),
  CONSTRAINT `fk_consent_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_consent_withdrawal_recorded_by_id_admin` FOREIGN KEY (`withdrawal_recorded_by_id`) REFERENCES `admin` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `enrolment_photo` (
  `student_id` int(11) NOT NULL,
  `file_name` varchar(200) NOT NULL,
  `sealed_photo` mediumblob NOT NULL,
  `sealed_descriptor` blob DEFAULT NULL,
  `verdict` varchar(32) DEFAULT NULL,
  `quality` double NOT NULL,
  `added_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_enrolment_photo_student_id` (`student_id`),
  CONSTRAINT `fk_enrolment_photo_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `face_model` (
  `student_id` int(11) NOT NULL,
  `sealed_model` blob NOT NULL,
  `photo_count` int(11) NOT NULL,
  `is_weak` tinyint(1) NOT NULL,
  `trained_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `version` int(11) NOT NULL DEFAULT 0,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_face_model_student_id` (`student_id`),
  KEY `ix_face_model_version` (`version`),
  CONSTRAINT `fk_face_model_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `kiosk_pass` (
  `token_digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lecture_id` int(11) NOT NULL,
  `teacher_id` int(11) NOT NULL,
  `device` varchar(200) NOT NULL,
  `opened_at` datetime(6) NOT NULL,
  `last_seen_at` datetime(6) NOT NULL,
  `ended_at` datetime(6) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `public_key` varchar(200) DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_kiosk_pass_token_digest` (`token_digest`),
  KEY `fk_kiosk_pass_teacher_id_teacher` (`teacher_id`),
  KEY `ix_kiosk_pass_lecture_id` (`lecture_id`),
  CONSTRAINT `fk_kiosk_pass_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_kiosk_pass_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `lecture_class` (
  `lecture_id` int(11) NOT NULL,
  `class_id` int(11) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_lecture_class_lecture_id_class_id` (`lecture_id`,`class_id`),
  KEY `ix_lecture_class_class_id` (`class_id`),
  CONSTRAINT `fk_lecture_class_class_id_school_class` FOREIGN KEY (`class_id`) REFERENCES `school_class` (`id`),
  CONSTRAINT `fk_lecture_class_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `look_alikes` (
  `student_id` int(11) NOT NULL,
  `other_id` int(11) NOT NULL,
  `score` double NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_look_alikes_student_id_other_id` (`student_id`,`other_id`),
  KEY `ix_look_alikes_other_id` (`other_id`),
  CONSTRAINT `fk_look_alikes_other_id_student` FOREIGN KEY (`other_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_look_alikes_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `mark` (
  `lecture_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `status` varchar(32) NOT NULL,
  `source` varchar(32) NOT NULL,
  `marked_at` datetime(6) NOT NULL,
  `note` varchar(500) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_mark_lecture_id_student_id` (`lecture_id`,`student_id`),
  KEY `ix_mark_student_id` (`student_id`),
  CONSTRAINT `fk_mark_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_mark_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `mark_change` (
  `lecture_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `teacher_id` int(11) DEFAULT NULL,
  `source` varchar(32) NOT NULL,
  `was` varchar(32) DEFAULT NULL,
  `becomes` varchar(32) DEFAULT NULL,
  `note` varchar(500) NOT NULL,
  `changed_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `fk_mark_change_teacher_id_teacher` (`teacher_id`),
  KEY `ix_mark_change_lecture` (`lecture_id`,`changed_at`),
  KEY `ix_mark_change_student_id` (`student_id`),
  CONSTRAINT `fk_mark_change_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_mark_change_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_mark_change_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `model_offer` (
  `student_id` int(11) NOT NULL,
  `lecture_id` int(11) NOT NULL,
  `teacher_id` int(11) DEFAULT NULL,
  `sealed_descriptor` blob NOT NULL,
  `quality` double NOT NULL,
  `offered_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `fk_model_offer_lecture_id_lecture` (`lecture_id`),
  KEY `fk_model_offer_teacher_id_teacher` (`teacher_id`),
  KEY `ix_model_offer_offered_at` (`offered_at`),
  KEY `ix_model_offer_student_id` (`student_id`),
  CONSTRAINT `fk_model_offer_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_model_offer_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_model_offer_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `outgoing_mail` (
  `lecture_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `address` varchar(254) NOT NULL,
  `status` varchar(32) NOT NULL,
  `state` varchar(32) NOT NULL,
  `reason` varchar(300) NOT NULL,
  `tries` int(11) NOT NULL,
  `corrections` int(11) NOT NULL,
  `queued_at` datetime(6) NOT NULL,
  `try_at` datetime(6) NOT NULL,
  `claimed_at` datetime(6) DEFAULT NULL,
  `settled_at` datetime(6) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_outgoing_mail_lecture_id_student_id_address` (`lecture_id`,`student_id`,`address`),
  KEY `ix_outgoing_mail_due` (`state`,`try_at`),
  KEY `ix_outgoing_mail_student_id` (`student_id`),
  CONSTRAINT `fk_outgoing_mail_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_outgoing_mail_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `sheet_upload` (
  `lecture_id` int(11) NOT NULL,
  `teacher_id` int(11) NOT NULL,
  `file_name` varchar(200) NOT NULL,
  `review_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `applied_at` datetime(6) NOT NULL,
  `undone_at` datetime(6) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_sheet_upload_review_key` (`review_key`),
  KEY `fk_sheet_upload_teacher_id_teacher` (`teacher_id`),
  KEY `ix_sheet_upload_lecture_id` (`lecture_id`),
  CONSTRAINT `fk_sheet_upload_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_sheet_upload_teacher_id_teacher` FOREIGN KEY (`teacher_id`) REFERENCES `teacher` (`id`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `check_in` (
  `kiosk_pass_id` int(11) NOT NULL,
  `idempotency_key` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `lecture_id` int(11) NOT NULL,
  `student_id` int(11) DEFAULT NULL,
  `outcome` varchar(32) NOT NULL,
  `answered_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_check_in_kiosk_pass_id_idempotency_key` (`kiosk_pass_id`,`idempotency_key`),
  KEY `ix_check_in_lecture_id` (`lecture_id`),
  KEY `ix_check_in_student_id` (`student_id`),
  CONSTRAINT `fk_check_in_kiosk_pass_id_kiosk_pass` FOREIGN KEY (`kiosk_pass_id`) REFERENCES `kiosk_pass` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_check_in_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_check_in_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `face_flag` (
  `lecture_id` int(11) NOT NULL,
  `kiosk_pass_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `resembled_id` int(11) DEFAULT NULL,
  `same_as_id` int(11) DEFAULT NULL,
  `outcome` varchar(32) NOT NULL,
  `sealed_descriptor` blob DEFAULT NULL,
  `noted_at` datetime(6) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `fk_face_flag_kiosk_pass_id_kiosk_pass` (`kiosk_pass_id`),
  KEY `fk_face_flag_same_as_id_face_flag` (`same_as_id`),
  KEY `ix_face_flag_lecture_id` (`lecture_id`),
  KEY `ix_face_flag_noted_at` (`noted_at`),
  KEY `ix_face_flag_resembled_id` (`resembled_id`),
  KEY `ix_face_flag_student_id` (`student_id`),
  CONSTRAINT `fk_face_flag_kiosk_pass_id_kiosk_pass` FOREIGN KEY (`kiosk_pass_id`) REFERENCES `kiosk_pass` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_face_flag_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_face_flag_resembled_id_student` FOREIGN KEY (`resembled_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_face_flag_same_as_id_face_flag` FOREIGN KEY (`same_as_id`) REFERENCES `face_flag` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_face_flag_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `kiosk_ticket` (
  `token_digest` varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,
  `kiosk_pass_id` int(11) NOT NULL,
  `issued_at` datetime(6) NOT NULL,
  `bound_to` varchar(64) CHARACTER SET ascii COLLATE ascii_bin DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_kiosk_ticket_token_digest` (`token_digest`),
  KEY `ix_kiosk_ticket_pass` (`kiosk_pass_id`,`issued_at`),
  CONSTRAINT `fk_kiosk_ticket_kiosk_pass_id_kiosk_pass` FOREIGN KEY (`kiosk_pass_id`) REFERENCES `kiosk_pass` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `sheet_mark_change` (
  `upload_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `was` varchar(32) DEFAULT NULL,
  `was_note` varchar(500) NOT NULL,
  `was_source` varchar(32) DEFAULT NULL,
  `was_marked_at` datetime(6) DEFAULT NULL,
  `becomes` varchar(32) NOT NULL,
  `becomes_note` varchar(500) NOT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  PRIMARY KEY (`id`),
  KEY `ix_sheet_mark_change_student_id` (`student_id`),
  KEY `ix_sheet_mark_change_upload_id` (`upload_id`),
  CONSTRAINT `fk_sheet_mark_change_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_sheet_mark_change_upload_id_sheet_upload` FOREIGN KEY (`upload_id`) REFERENCES `sheet_upload` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
CREATE TABLE `to_confirm` (
  `lecture_id` int(11) NOT NULL,
  `student_id` int(11) NOT NULL,
  `kiosk_pass_id` int(11) NOT NULL,
  `reason` varchar(32) NOT NULL,
  `last_outcome` varchar(32) DEFAULT NULL,
  `resembled_id` int(11) DEFAULT NULL,
  `score` double DEFAULT NULL,
  `sealed_picture` mediumblob DEFAULT NULL,
  `sealed_descriptor` blob DEFAULT NULL,
  `asked_at` datetime(6) NOT NULL,
  `waiting` tinyint(1) DEFAULT NULL,
  `accepted` tinyint(1) DEFAULT NULL,
  `decided_at` datetime(6) DEFAULT NULL,
  `decided_by_id` int(11) DEFAULT NULL,
  `id` int(11) NOT NULL AUTO_INCREMENT,
  `quality` double DEFAULT NULL,
  PRIMARY KEY (`id`),
  UNIQUE KEY `uq_to_confirm_lecture_id_student_id_waiting` (`lecture_id`,`student_id`,`waiting`),
  KEY `fk_to_confirm_decided_by_id_teacher` (`decided_by_id`),
  KEY `fk_to_confirm_kiosk_pass_id_kiosk_pass` (`kiosk_pass_id`),
  KEY `fk_to_confirm_resembled_id_student` (`resembled_id`),
  KEY `ix_to_confirm_asked_at` (`asked_at`),
  KEY `ix_to_confirm_student_id` (`student_id`),
  CONSTRAINT `fk_to_confirm_decided_by_id_teacher` FOREIGN KEY (`decided_by_id`) REFERENCES `teacher` (`id`),
  CONSTRAINT `fk_to_confirm_kiosk_pass_id_kiosk_pass` FOREIGN KEY (`kiosk_pass_id`) REFERENCES `kiosk_pass` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_to_confirm_lecture_id_lecture` FOREIGN KEY (`lecture_id`) REFERENCES `lecture` (`id`) ON DELETE CASCADE,
  CONSTRAINT `fk_to_confirm_resembled_id_student` FOREIGN KEY (`resembled_id`) REFERENCES `student` (`id`) ON DELETE SET NULL,
  CONSTRAINT `fk_to_confirm_student_id_student` FOREIGN KEY (`student_id`) REFERENCES `student` (`id`) ON DELETE CASCADE
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_general_ci;
SET foreign_key_checks = 1;
